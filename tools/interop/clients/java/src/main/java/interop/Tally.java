package interop;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/** Adds up the bodies that came, in any order. */
final class Tally {
    private final Set<Long> prints = new HashSet<>();
    private final CountDownLatch complete = new CountDownLatch(1);
    private final int count;
    private long sum;
    private int deliveries;
    private int attempts;
    private int finished;

    Tally(int count) {
        this.count = count;
    }

    void add(byte[] body, int attempt) {
        long print = ByteBuffer.wrap(hash(body)).getLong();
        synchronized (this) {
            deliveries++;
            attempts = Math.max(attempts, attempt);
            if (prints.add(print)) sum += print;
        }
    }

    /** Counts a message as answered with FIN. */
    synchronized void finish() {
        finished++;
        if (finished >= count && prints.size() == count) complete.countDown();
    }

    /** Waits until all bodies are answered with FIN. */
    synchronized String result() {
        return String.format(
            "{\"received\":%d,\"deliveries\":%d,\"digest\":\"%016x\",\"maxAttempts\":%d}", prints.size(), deliveries, sum, attempts);
    }

    void await() throws InterruptedException {
        complete.await();
    }

    private static byte[] hash(byte[] body) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(body);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
