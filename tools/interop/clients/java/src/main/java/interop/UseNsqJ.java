package interop;

import com.sproutsocial.nsq.Client;
import com.sproutsocial.nsq.Config;
import com.sproutsocial.nsq.DirectSubscriber;
import com.sproutsocial.nsq.Message;
import com.sproutsocial.nsq.Publisher;
import com.sproutsocial.nsq.Subscriber;
import java.io.FileInputStream;
import java.io.InputStream;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** The actions with nsq-j. */
final class UseNsqJ extends Program {
    public static void main(String[] arguments) throws Exception {
        Program.run(new UseNsqJ(), arguments);
    }

    private Client client() throws Exception {
        Client client = new Client();
        if (has("secret")) client.setAuthSecret(text("secret"));
        if (has("tlsCa")) client.setSSLSocketFactory(trusting(text("tlsCa")).getSocketFactory());
        return client;
    }

    static SSLContext trusting(String path) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream pem = new FileInputStream(path)) {
            store.setCertificateEntry("authority", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private Config config() {
        Config config = new Config();
        if (has("tlsCa")) config.setTlsV1(true);
        if (text("compression").equals("deflate")) config.setDeflate(true);
        if (text("compression").equals("snappy")) config.setSnappy(true);
        if (has("msgTimeoutMs")) config.setMsgTimeout(number("msgTimeoutMs"));
        return config;
    }

    @Override
    void produce(String action) throws Exception {
        Publisher publisher = new Publisher(client(), text("nsqd"), null);
        publisher.setConfig(config());
        String topic = text("topic");
        int size = number("size");
        int end = number("first") + number("count");
        for (int index = number("first"); index < end; ) {
            byte[] body = Bodies.of(index, size);
            switch (action) {
                case "publish" -> publisher.publish(topic, body);
                case "defer" -> publisher.publishDeferred(topic, body, number("delayMs"), TimeUnit.MILLISECONDS);
                case "mpub" -> {
                    int last = Math.min(index + number("batch"), end);
                    publisher.publish(topic, Bodies.of(index, last, size));
                    index = last;
                    continue;
                }
                default -> {
                    persist(() -> publisher.publish(topic, body));
                    Thread.sleep(number("pauseMs"));
                }
            }
            index++;
        }
    }

    @Override
    void consume(String action, Tally tally) throws Exception {
        Client client = client();
        client.setExecutor(Executors.newFixedThreadPool(8)); // at least as many as the messages that `touch` holds
        Subscriber subscriber = has("nsqd") ? direct(client) : new Subscriber(client, 1, 5, lookupds());
        subscriber.setConfig(config());
        subscriber.setMaxFlushDelayMillis(200); // its answers wait for up to 2 s otherwise, longer than a message timeout here
        subscriber.subscribe(text("topic"), text("channel"), number("maxInFlight"), (Message message) -> {
            tally.add(message.getData(), message.getAttempts());
            boolean first = message.getAttempts() == 1;
            if (first && action.equals("requeue")) {
                message.requeue(number("delayMs"));
                return;
            }
            if (first && action.equals("timeout")) return;
            if (action.equals("touch")) hold(message);
            message.finish();
            tally.finish();
        });
    }

    /** A DirectSubscriber has the default client always; it is the only one of this process. */
    private Subscriber direct(Client client) throws Exception {
        Client all = Client.getDefaultClient();
        if (client.getAuthSecret() != null) all.setAuthSecret(client.getAuthSecret());
        if (client.getSSLSocketFactory() != null) all.setSSLSocketFactory(client.getSSLSocketFactory());
        all.setExecutor(client.getExecutor());
        return new DirectSubscriber(1, text("nsqd"));
    }

    private void hold(Message message) {
        try {
            for (int held = 0; held < number("holdMs"); held += number("touchMs")) {
                Thread.sleep(number("touchMs"));
                message.touch();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private String[] lookupds() {
        List<String> found = new ArrayList<>();
        parameters.path("lookupds").forEach((address) -> found.add(address.asText()));
        return found.toArray(new String[0]);
    }
}
