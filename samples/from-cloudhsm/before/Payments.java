import com.amazonaws.cloudhsm.jce.jni.exception.AddAttributeException;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.KeyStoreWithAttributes;
import com.amazonaws.cloudhsm.jce.provider.attributes.EcParams;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMapBuilder;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMapBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Security;
import java.security.Signature;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/** A program for AWS CloudHSM, as it was before the move: signs a payment, and encrypts its reference. */
public final class Payments {
    private Payments() {
    }

    public static void main(String[] args) throws Exception {
        try {
            Security.addProvider(new CloudHsmProvider());
        } catch (IOException e) {
            System.err.println("no HSM: " + e);
            return;
        }
        sign(Path.of(args[0]));
        encrypt("payment 4711".getBytes("UTF-8"));
        KeyStoreWithAttributes store = KeyStoreWithAttributes.getInstance("CloudHSM");
        store.load(null, null);
        KeyAttributesMap wanted = new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, "payments:Private").build();
        System.out.println("found by its label: " + store.getKey(wanted).getAlgorithm() + " key");
    }

    private static void sign(Path payment) throws GeneralSecurityException, AddAttributeException, IOException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", CloudHsmProvider.PROVIDER_NAME);
        generator.initialize(new KeyPairAttributesMapBuilder()
            .withPublic(new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, "payments:Public")
                .put(KeyAttribute.EC_PARAMS, EcParams.EC_CURVE_PRIME256).put(KeyAttribute.TOKEN, true).build())
            .withPrivate(new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, "payments:Private")
                .put(KeyAttribute.EXTRACTABLE, false).put(KeyAttribute.TOKEN, true).build())
            .build());
        KeyPair pair = generator.generateKeyPair();
        Signature signature = Signature.getInstance("SHA256withECDSA", CloudHsmProvider.PROVIDER_NAME);
        signature.initSign(pair.getPrivate());
        signature.update(Files.readAllBytes(payment));
        Files.write(Path.of(payment + ".sig"), signature.sign());
        Files.write(Path.of(payment + ".pub"), pair.getPublic().getEncoded());
        System.out.println("signed " + payment);
    }

    private static void encrypt(byte[] text) throws GeneralSecurityException, AddAttributeException {
        KeyGenerator generator = KeyGenerator.getInstance("AES", CloudHsmProvider.PROVIDER_NAME);
        generator.init(new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, "references").put(KeyAttribute.SIZE, 256).build());
        SecretKey key = generator.generateKey();
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", CloudHsmProvider.PROVIDER_NAME);
        cipher.init(Cipher.ENCRYPT_MODE, key);
        byte[] encrypted = cipher.doFinal(text);
        cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(128, cipher.getIV()));
        System.out.println("AES-GCM there and back: " + Arrays.equals(text, cipher.doFinal(encrypted)));
    }
}
