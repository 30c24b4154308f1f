package org.ferrohsm.provider;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.security.GeneralSecurityException;
import java.util.Arrays;

/**
 * An operation in the HSM whose data goes there in chunks: it lives in one HSM, tied to one connection. After any
 * exception it is over. One that is neither finished nor closed is closed when it becomes garbage; until then, at most
 * five minutes, the HSM keeps it. Not thread-safe, as the engines are not.
 */
final class HsmStream implements AutoCloseable {
    /** What a stream does; the codes are the protocol's. */
    enum Use {
        SIGN(1), VERIFY(2), ENCRYPT(3), DECRYPT(4);

        private final int code;

        Use(int code) {
            this.code = code;
        }
    }

    /** Output, and how much more there is to read. */
    private record Output(boolean valid, long remainingBytes, byte[] data) {
        static Output of(byte[] bytes) {
            return Wire.read(bytes, in -> new Output(in.readBoolean(), in.readLong(), Wire.rest(in)));
        }
    }

    private final HsmClient client;
    private final long number;
    private final byte[] iv;
    private final Cleaner.Cleanable closing;

    private HsmStream(HsmClient client, byte[] begun) {
        this.client = client;
        long[] stream = new long[1];
        iv = Wire.read(begun, in -> {
            stream[0] = in.readLong();
            return Wire.rest(in);
        });
        long opened = stream[0];
        number = opened;
        closing = HsmClient.CLEANER.register(this, () -> HsmNative.streamClose(opened));
    }

    /**
     * Begins.
     *
     * @param publicKeyInfo a public key of the caller's to verify with, in place of {@code handle}; null for none
     * @param totalBytes how much data will come, where the HSM holds it until the end (decryption with a tag, whole
     *     messages); else 0
     */
    static HsmStream begin(HsmClient client, long handle, byte[] publicKeyInfo, int mechanism, Use use,
        byte[] parameters, long totalBytes) throws GeneralSecurityException {
        return new HsmStream(client, client.call(future -> HsmNative.streamBegin(client.id(), handle, publicKeyInfo,
            mechanism, use.code, parameters, totalBytes, future)));
    }

    /** Bytes of a chunk. */
    static int chunkBytes() {
        return Tables.get().streamChunkBytes();
    }

    /** The IV of an encryption. */
    byte[] iv() {
        return iv;
    }

    /** Sends associated data; only before data. */
    void updateAad(byte[] aad) throws GeneralSecurityException {
        send(aad, null);
    }

    /** Sends a chunk of data, which is wiped; gives the output that is ready. */
    byte[] update(byte[] data) throws GeneralSecurityException {
        try {
            return send(null, data);
        } finally {
            Arrays.fill(data, (byte) 0);
        }
    }

    private byte[] send(byte[] aad, byte[] data) throws GeneralSecurityException {
        try {
            return client.call(future -> HsmNative.streamUpdate(number, aad, data, future));
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** Sends the last data; gives the MAC, or the last ciphertext and the tag. */
    byte[] finish(byte[] data) throws GeneralSecurityException {
        try {
            return end(data, null).data();
        } finally {
            close();
        }
    }

    private Output end(byte[] data, byte[] signature) throws GeneralSecurityException {
        try {
            return Output.of(client.call(future -> HsmNative.streamFinish(number, data, signature, future)));
        } finally {
            Arrays.fill(data, (byte) 0);
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Decrypts what was collected and what is given, whose tag comes last, to {@code outputBytes}. Gives nothing unless
     * the tag is right.
     */
    byte[] decrypt(ChunkBuffer collected, byte[] data, int offset, int length, int outputBytes)
        throws GeneralSecurityException {
        try {
            byte[] result = new byte[outputBytes];
            collected.cut(data, offset, length, chunkBytes(), chunkBytes(), 0, this::update);
            Output output = end(collected.take(), null);
            int filled = 0;
            while (true) {
                System.arraycopy(output.data(), 0, result, filled, output.data().length);
                filled += output.data().length;
                Arrays.fill(output.data(), (byte) 0);
                if (output.remainingBytes() == 0) {
                    return result;
                }
                output = Output.of(client.call(future -> HsmNative.streamRead(number, future)));
            }
        } finally {
            close();
        }
    }

    /** Signs a message whole. */
    static byte[] sign(HsmClient client, long handle, int mechanism, byte[] parameters, byte[] data)
        throws GeneralSecurityException {
        try (HsmStream stream = begin(client, handle, null, mechanism, Use.SIGN, parameters, data.length)) {
            return stream.end(stream.sendAllButLast(data), null).data();
        }
    }

    /** Verifies a signature of a message whole. */
    static boolean verify(HsmClient client, byte[] publicKeyInfo, int mechanism, byte[] parameters, byte[] data,
        byte[] signature) throws GeneralSecurityException {
        try (HsmStream stream = begin(client, 0, publicKeyInfo, mechanism, Use.VERIFY, parameters, data.length)) {
            return stream.end(stream.sendAllButLast(data), signature).valid();
        }
    }

    private byte[] sendAllButLast(byte[] data) throws GeneralSecurityException {
        ChunkBuffer buffer = new ChunkBuffer();
        buffer.cut(data, 0, data.length, chunkBytes(), chunkBytes(), 0, this::update);
        return buffer.take();
    }

    /** Ends it, if it is not over; the HSM forgets it. */
    @Override
    public void close() {
        closing.clean();
    }
}
