package org.ferrohsm.provider;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.Cipher;

/** Asks for RSA key exchange as JSSE does it. Needs the JDK's own parameter class; argument: the configuration. */
final class TlsSpecMain {
    private TlsSpecMain() {
    }

    public static void main(String[] arguments) throws Exception {
        AlgorithmParameterSpec spec = (AlgorithmParameterSpec)
            Class.forName("sun.security.internal.spec.TlsRsaPremasterSecretParameterSpec")
                .getConstructor(int.class, int.class).newInstance(0x0303, 0x0303);
        FerroHsmProvider provider = new FerroHsmProvider(arguments[0]);
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", provider);
        generator.initialize(2048);
        KeyPair pair = generator.generateKeyPair();
        Cipher cipher = Cipher.getInstance("RSA/ECB/PKCS1Padding", provider);
        try {
            cipher.init(Cipher.UNWRAP_MODE, pair.getPrivate(), spec, null);
            throw new IllegalStateException("the special form was accepted");
        } catch (UnsupportedOperationException e) {
            System.out.println("ok " + e.getMessage());
        }
    }
}
