package example;

import com.amazonaws.cloudhsm.jce.provider.AesCmacKdfFixedInputData;
import com.amazonaws.cloudhsm.jce.provider.AesCmacKdfParameterSpec;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.spec.EcdhWithX963KdfParamSpec;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import javax.crypto.KeyAgreement;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;

/** Keys that are derived inside the HSM. */
final class Derive {
    private Derive() {
    }

    static void use() throws Exception {
        KeyPair one = Keys.ec("moved party one");
        KeyPair two = Keys.ec("moved party two");
        KeyAttributesMap derived = new KeyAttributesMap();
        derived.put(KeyAttribute.SIZE, 256);
        for (AlgorithmParameterSpec spec : new AlgorithmParameterSpec[] {derived,
            new EcdhWithX963KdfParamSpec("shared info".getBytes("UTF-8"), derived)}) {
            Main.check("ecdh with kdf", Arrays.equals(Main.block(agree(one, two.getPublic(), spec)),
                Main.block(agree(two, one.getPublic(), spec))));
        }
        KeyAttributesMap base = new KeyAttributesMap();
        base.put(KeyAttribute.DERIVE, true);
        SecretKey key = Keys.aes("moved base", 256, base);
        byte[] input = "label and context".getBytes("UTF-8");
        AesCmacKdfParameterSpec spec =
            new AesCmacKdfParameterSpec(derived, new AesCmacKdfFixedInputData(8, null, input), key);
        SecretKeyFactory factory = SecretKeyFactory.getInstance("AES", CloudHsmProvider.PROVIDER_NAME);
        Main.check("cmac kdf", Arrays.equals(Main.block(factory.generateSecret(spec)),
            Main.block(factory.generateSecret(spec))));
    }

    private static SecretKey agree(KeyPair own, PublicKey peer, AlgorithmParameterSpec spec) throws Exception {
        KeyAgreement agreement = KeyAgreement.getInstance("ECDHwithX963SHA256KDF", CloudHsmProvider.PROVIDER_NAME);
        agreement.init(own.getPrivate(), spec);
        agreement.doPhase(peer, true);
        return agreement.generateSecret("AES");
    }
}
