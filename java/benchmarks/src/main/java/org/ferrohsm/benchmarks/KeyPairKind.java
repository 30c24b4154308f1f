package org.ferrohsm.benchmarks;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.security.spec.X509EncodedKeySpec;

/** The two kinds of key pair, with the signature that goes with each. */
enum KeyPairKind {
    P256("EC", "SHA256withECDSA", "SunEC", new ECGenParameterSpec("secp256r1")),
    RSA2048("RSA", "SHA256withRSA", "SunRsaSign", new RSAKeyGenParameterSpec(2048, RSAKeyGenParameterSpec.F4));

    private final String algorithm;
    private final String signatureAlgorithm;
    private final String jdkProvider;
    private final AlgorithmParameterSpec parameters;

    KeyPairKind(String algorithm, String signatureAlgorithm, String jdkProvider, AlgorithmParameterSpec parameters) {
        this.algorithm = algorithm;
        this.signatureAlgorithm = signatureAlgorithm;
        this.jdkProvider = jdkProvider;
        this.parameters = parameters;
    }

    KeyPairGenerator generator(Contender contender) throws GeneralSecurityException {
        KeyPairGenerator generator = contender.keyPairGenerator(algorithm);
        generator.initialize(parameters);
        return generator;
    }

    Signature signature(Contender contender) throws GeneralSecurityException {
        return contender.signature(signatureAlgorithm);
    }

    /** Verifies with the JDK's own provider, which sees of the public key only its encoding. */
    void verify(PublicKey key, byte[] message, byte[] signatureBytes) throws GeneralSecurityException {
        KeyFactory factory = KeyFactory.getInstance(algorithm, jdkProvider);
        PublicKey jdkKey = factory.generatePublic(new X509EncodedKeySpec(key.getEncoded()));
        int bits = jdkKey instanceof RSAPublicKey rsa
                ? rsa.getModulus().bitLength()
                : ((ECPublicKey) jdkKey).getParams().getOrder().bitLength();
        int wanted = this == RSA2048 ? 2048 : 256;
        if (bits != wanted) {
            throw new Workload.WrongResultException("the key has " + bits + " bits and not " + wanted);
        }
        Signature verifier = Signature.getInstance(signatureAlgorithm, jdkProvider);
        verifier.initVerify(jdkKey);
        verifier.update(message);
        if (!verifier.verify(signatureBytes)) {
            throw new Workload.WrongResultException("the JDK does not accept the signature");
        }
    }
}
