package interop;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The bodies that producers send: see src/bodies.ts of the driver. */
final class Bodies {
    private Bodies() {}

    static byte[] of(int index, int size) {
        byte[] head = (index + ":").getBytes(StandardCharsets.US_ASCII);
        byte[] body = Arrays.copyOf(head, head.length + (int) (index * 7919L % (size + 1)));
        byte value = (byte) index;
        for (int at = head.length; at < body.length; at++, value += 31) body[at] = value;
        return body;
    }

    static List<byte[]> of(int first, int last, int size) {
        List<byte[]> bodies = new ArrayList<>();
        for (int index = first; index < last; index++) bodies.add(of(index, size));
        return bodies;
    }
}
