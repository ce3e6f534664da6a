package interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.util.Timer;
import java.util.TimerTask;

/**
 * Does with a library what the first argument says; the second has the parameters as JSON. Prints one line of JSON, and ends when standard
 * input does.
 */
abstract class Program {
    private static final PrintStream OUT = System.out;
    protected JsonNode parameters;

    static void run(Program program, String[] arguments) throws Exception {
        System.setOut(System.err); // what libraries say
        if (arguments.length != 2) fail("usage: ACTION PARAMETERS");
        program.parameters = new ObjectMapper().readTree(arguments[1]);
        new Timer(true).schedule(
            new TimerTask() {
                @Override
                public void run() {
                    fail("out of time");
                }
            },
            program.number("deadlineMs"));
        String action = arguments[0];
        try {
            switch (action) {
                case "publish", "mpub", "defer", "persist" -> {
                    program.produce(action);
                    OUT.println("{\"published\":" + program.number("count") + "}");
                }
                default -> {
                    Tally tally = new Tally(program.number("count"));
                    program.consume(action, tally);
                    tally.await();
                    OUT.println(tally.result());
                }
            }
        } catch (Throwable e) {
            e.printStackTrace();
            fail(e.toString());
        }
        while (System.in.read() >= 0) {} // the connections stay until they have been looked at
        System.exit(0);
    }

    private static void fail(String error) {
        OUT.println(new ObjectMapper().createObjectNode().put("error", error));
        Runtime.getRuntime().halt(1);
    }

    /** One publish of `produce`. */
    interface Step {
        void run() throws Exception;
    }

    /** Tries until it succeeds. */
    protected void persist(Step step) throws InterruptedException {
        for (;;) {
            try {
                step.run();
                return;
            } catch (Exception e) {
                Thread.sleep(200);
            }
        }
    }

    /** Publishes; returns when nsqd has accepted everything. */
    abstract void produce(String action) throws Exception;

    /** Begins to consume. */
    abstract void consume(String action, Tally tally) throws Exception;

    protected boolean has(String key) {
        return parameters.hasNonNull(key);
    }

    protected String text(String key) {
        return parameters.path(key).asText();
    }

    protected int number(String key) {
        return parameters.path(key).asInt();
    }

    protected String host(String address) {
        return address.substring(0, address.lastIndexOf(':'));
    }

    protected int port(String address) {
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }
}
