package example;

import com.amazonaws.cloudhsm.jce.jni.MldsaAlgorithm;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyType;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import javax.security.auth.Destroyable;

/** ML-DSA, whose parameter set is an attribute of both keys. */
final class PostQuantum {
    private PostQuantum() {
    }

    static void use() throws Exception {
        for (MldsaAlgorithm set : MldsaAlgorithm.values()) {
            KeyAttributesMap forPublic = attributes(set, "moved mldsa:Public");
            forPublic.put(KeyAttribute.VERIFY, true);
            forPublic.put(KeyAttribute.WRAP, false);
            KeyAttributesMap forPrivate = attributes(set, "moved mldsa:Private");
            forPrivate.put(KeyAttribute.SIGN, true);
            KeyPairGenerator generator = KeyPairGenerator.getInstance("ML-DSA", CloudHsmProvider.PROVIDER_NAME);
            generator.initialize(new KeyPairAttributesMap(forPublic, forPrivate), null);
            KeyPair pair = generator.generateKeyPair();
            Signature signature = Signature.getInstance("ML-DSA", CloudHsmProvider.PROVIDER_NAME);
            signature.initSign(pair.getPrivate());
            signature.update((byte) 1);
            byte[] signed = signature.sign();
            signature.initVerify(pair.getPublic());
            signature.update((byte) 1);
            Main.check(set.name(), signature.verify(signed) && signed.length == bytes(set));
            ((Destroyable) pair.getPrivate()).destroy();
        }
    }

    private static int bytes(MldsaAlgorithm set) {
        switch (set) {
            case MlDsa44:
                return 2420;
            case MlDsa65:
                return 3309;
            case MlDsa87:
                return 4627;
            default:
                throw new IllegalArgumentException(set.name());
        }
    }

    private static KeyAttributesMap attributes(MldsaAlgorithm set, String label) throws Exception {
        KeyAttributesMap attributes = new KeyAttributesMap();
        attributes.put(KeyAttribute.KEY_TYPE, KeyType.MLDSA);
        attributes.put(KeyAttribute.MLDSA_ALGORITHM, set);
        attributes.put(KeyAttribute.LABEL, label);
        return attributes;
    }
}
