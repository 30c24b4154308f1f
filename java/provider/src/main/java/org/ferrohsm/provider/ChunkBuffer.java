package org.ferrohsm.provider;

import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.util.Arrays;

/** Collects data, and cuts it into chunks without copying it more than once. Not thread-safe. */
final class ChunkBuffer extends ByteArrayOutputStream {
    /** Takes a chunk, an array of its own. */
    interface Sink {
        void accept(byte[] chunk) throws GeneralSecurityException;
    }

    /**
     * Passes on what was collected and what is given, in whole chunks, as long as more than {@code keep} bytes stay; the
     * rest is collected.
     *
     * @param unit length of all but the last piece that is passed on; that one is a multiple of {@code step} bytes,
     *     itself a divisor of {@code unit}
     */
    void cut(byte[] data, int offset, int length, int unit, int step, int keep, Sink sink)
        throws GeneralSecurityException {
        long whole = (long) count + length;
        long ready = Math.max(0, whole - keep) / step * step;
        int taken = 0;
        int from = offset;
        try {
            while (ready > 0) {
                byte[] chunk = new byte[(int) Math.min(unit, ready)];
                int collected = Math.min(chunk.length, count - taken);
                System.arraycopy(buf, taken, chunk, 0, collected);
                System.arraycopy(data, from, chunk, collected, chunk.length - collected);
                taken += collected;
                from += chunk.length - collected;
                ready -= chunk.length;
                sink.accept(chunk);
            }
        } finally {
            int left = count - taken;
            System.arraycopy(buf, taken, buf, 0, left);
            Arrays.fill(buf, left, count, (byte) 0);
            count = left;
        }
        write(data, from, offset + length - from);
    }

    /** Gives what is left and starts over. */
    byte[] take() {
        byte[] rest = toByteArray();
        reset();
        return rest;
    }

    /** As {@link #take}, with more behind it that need not be collected first. */
    byte[] takeWith(byte[] more, int offset, int length) {
        byte[] whole = new byte[Math.addExact(count, length)];
        System.arraycopy(buf, 0, whole, 0, count);
        System.arraycopy(more, offset, whole, count, length);
        reset();
        return whole;
    }

    /** Forgets what was collected, and overwrites it. */
    @Override
    public void reset() {
        Arrays.fill(buf, 0, count, (byte) 0);
        super.reset();
    }
}
