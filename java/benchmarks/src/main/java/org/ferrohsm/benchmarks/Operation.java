package org.ferrohsm.benchmarks;

import java.security.GeneralSecurityException;

/** What is measured, in the order of the report. Generation is last: the keys that it leaves behind slow what follows. */
enum Operation {
    P256_SIGN("p256-sign", "P-256 sign", c -> new SignWorkload(c, KeyPairKind.P256)),
    RSA2048_SIGN("rsa2048-sign", "RSA-2048 sign", c -> new SignWorkload(c, KeyPairKind.RSA2048)),
    GCM_1K("aes256-gcm-1k", "AES-256-GCM encrypt 1 KiB", c -> new EncryptWorkload(c, 1024)),
    GCM_64K("aes256-gcm-64k", "AES-256-GCM encrypt 64 KiB", c -> new EncryptWorkload(c, 64 * 1024)),
    P256_GENERATE("p256-generate", "P-256 generate", c -> new GenerateWorkload(c, KeyPairKind.P256)),
    RSA2048_GENERATE("rsa2048-generate", "RSA-2048 generate", c -> new GenerateWorkload(c, KeyPairKind.RSA2048));

    @FunctionalInterface
    private interface Preparation {
        Workload prepare(Contender contender) throws GeneralSecurityException;
    }

    private final String id;
    private final String title;
    private final Preparation preparation;

    Operation(String id, String title, Preparation preparation) {
        this.id = id;
        this.title = title;
        this.preparation = preparation;
    }

    String id() {
        return id;
    }

    String title() {
        return title;
    }

    /** Makes the keys that the operation needs, in the contender. */
    Workload prepare(Contender contender) throws GeneralSecurityException {
        return preparation.prepare(contender);
    }

    /** How many times longer than asked a round lasts: a handful of RSA keys, found by luck, gives no stable rate. */
    int roundFactor() {
        return this == RSA2048_GENERATE ? 2 : 1;
    }

    /**
     * How many threads warm up a cell. RSA generation takes a large part of a second, so 64 threads would spend longer
     * on warming up than on measuring; its code is warm after a few keys.
     */
    int warmUpThreads(int threads) {
        return this == RSA2048_GENERATE ? Math.min(threads, 2) : threads;
    }
}
