package org.ferrohsm.benchmarks;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;

/**
 * Generates key pairs and drops them: session keys in a token. {@code getInstance} and {@code initialize} once per
 * thread. How and when a token gives up what the program no longer references is the provider's affair, as it is in an
 * application.
 */
final class GenerateWorkload implements Workload {
    private final Contender contender;
    private final KeyPairKind kind;

    GenerateWorkload(Contender contender, KeyPairKind kind) {
        this.contender = contender;
        this.kind = kind;
    }

    @Override
    public Worker newWorker() throws GeneralSecurityException {
        KeyPairGenerator generator = kind.generator(contender);
        return new Worker() {
            private KeyPair pair;

            @Override
            public void perform() {
                pair = generator.generateKeyPair();
            }

            @Override
            public void verify() throws GeneralSecurityException {
                byte[] message = "a new key signs".getBytes(StandardCharsets.US_ASCII);
                Signature signer = kind.signature(contender);
                signer.initSign(pair.getPrivate());
                signer.update(message);
                kind.verify(pair.getPublic(), message, signer.sign());
            }
        };
    }
}
