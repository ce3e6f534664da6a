package interop;

import com.github.brainlag.nsq.NSQConfig;
import com.github.brainlag.nsq.NSQConsumer;
import com.github.brainlag.nsq.NSQMessage;
import com.github.brainlag.nsq.NSQProducer;
import com.github.brainlag.nsq.ServerAddress;
import com.github.brainlag.nsq.lookup.DefaultNSQLookup;
import com.github.brainlag.nsq.lookup.NSQLookup;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.File;
import java.util.Set;

/** The actions with JavaNSQClient. */
final class UseJavaNsqClient extends Program {
    public static void main(String[] arguments) throws Exception {
        Program.run(new UseJavaNsqClient(), arguments);
    }

    private NSQConfig config() throws Exception {
        NSQConfig config = new NSQConfig();
        if (has("tlsCa")) config.setSslContext(SslContextBuilder.forClient().trustManager(new File(text("tlsCa"))).build());
        if (text("compression").equals("deflate")) {
            config.setCompression(NSQConfig.Compression.DEFLATE);
            config.setDeflateLevel(6);
        }
        if (text("compression").equals("snappy")) config.setCompression(NSQConfig.Compression.SNAPPY);
        if (has("msgTimeoutMs")) config.setMsgTimeout(number("msgTimeoutMs"));
        config.setMaxInFlight(number("maxInFlight"));
        return config;
    }

    @Override
    void produce(String action) throws Exception {
        NSQProducer producer = new NSQProducer().setConfig(config());
        producer.addAddress(host(text("nsqd")), port(text("nsqd"))).start();
        String topic = text("topic");
        int size = number("size");
        int end = number("first") + number("count");
        for (int index = number("first"); index < end; ) {
            byte[] body = Bodies.of(index, size);
            switch (action) {
                case "publish" -> producer.produce(topic, body);
                case "mpub" -> {
                    int last = Math.min(index + number("batch"), end);
                    producer.produceMulti(topic, Bodies.of(index, last, size));
                    index = last;
                    continue;
                }
                default -> {
                    persist(() -> producer.produce(topic, body));
                    Thread.sleep(number("pauseMs"));
                }
            }
            index++;
        }
    }

    @Override
    void consume(String action, Tally tally) throws Exception {
        NSQConsumer consumer = new NSQConsumer(lookup(), text("topic"), text("channel"), (message) -> {
            tally.add(message.getMessage(), message.getAttempts());
            boolean first = message.getAttempts() == 1;
            if (first && action.equals("requeue")) {
                message.requeue(number("delayMs"));
                return;
            }
            if (first && action.equals("timeout")) return;
            if (action.equals("touch")) hold(message);
            message.finished();
            tally.finish();
        }, config());
        consumer.setLookupPeriod(1000).start();
    }

    private void hold(NSQMessage message) {
        try {
            for (int held = 0; held < number("holdMs"); held += number("touchMs")) {
                Thread.sleep(number("touchMs"));
                message.touch();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private NSQLookup lookup() {
        if (!has("nsqd")) {
            NSQLookup lookup = new DefaultNSQLookup();
            parameters.path("lookupds").forEach((address) -> lookup.addLookupAddress(host(address.asText()), port(address.asText())));
            return lookup;
        }
        return new NSQLookup() {
            @Override
            public Set<ServerAddress> lookup(String topic) {
                return Set.of(new ServerAddress(host(text("nsqd")), port(text("nsqd"))));
            }

            @Override
            public void addLookupAddress(String host, int port) {}
        };
    }
}
