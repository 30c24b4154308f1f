package org.ferrohsm.benchmarks;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Signature;

/**
 * Signs messages of 256 bytes with one key. {@code getInstance} and {@code initSign} once per thread, then
 * {@code update} and {@code sign} for every message; no two messages of a thread are equal.
 */
final class SignWorkload implements Workload {
    private static final int MESSAGE_BYTES = 256;

    private final Contender contender;
    private final KeyPairKind kind;
    private final KeyPair pair;

    SignWorkload(Contender contender, KeyPairKind kind) throws GeneralSecurityException {
        this.contender = contender;
        this.kind = kind;
        this.pair = kind.generator(contender).generateKeyPair();
    }

    @Override
    public Worker newWorker() throws GeneralSecurityException {
        Signature signer = kind.signature(contender);
        signer.initSign(pair.getPrivate());
        return new Worker() {
            private final byte[] message = new byte[MESSAGE_BYTES];
            private long count;
            private byte[] signature;

            @Override
            public void perform() throws GeneralSecurityException {
                ByteBuffer.wrap(message).putLong(count++);
                signer.update(message);
                signature = signer.sign();
            }

            @Override
            public void verify() throws GeneralSecurityException {
                kind.verify(pair.getPublic(), message, signature);
            }
        };
    }
}
