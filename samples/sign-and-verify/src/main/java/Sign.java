import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Security;
import java.security.Signature;
import java.util.Base64;
import org.ferrohsm.provider.FerroHsmProvider;
import org.ferrohsm.provider.KeyStoreWithAttributes;
import org.ferrohsm.provider.attributes.EcParams;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.attributes.KeyAttributesMapBuilder;
import org.ferrohsm.provider.attributes.KeyPairAttributesMapBuilder;
import org.ferrohsm.provider.attributes.ObjectClassType;

/**
 * Signs a file with a key that stays in the HSM, and makes that key at its first use.
 *
 * <p>Usage: {@code Sign FILE SIGNATURE PUBLIC_KEY}.
 */
public final class Sign {
    private static final String LABEL = "documents";

    private Sign() {
    }

    public static void main(String[] args) throws Exception {
        // Last, so that everything else in this JVM keeps its own provider.
        Security.addProvider(new FerroHsmProvider());
        PrivateKey key = (PrivateKey) find(ObjectClassType.PRIVATE_KEY);
        if (key == null) {
            generate();
            key = (PrivateKey) find(ObjectClassType.PRIVATE_KEY);
            System.out.println("made in the HSM: " + key.getAlgorithm() + " key \"" + LABEL + '"');
        } else {
            System.out.println("found in the HSM: " + key.getAlgorithm() + " key \"" + LABEL + '"');
        }
        System.out.println("its bytes, as this JVM has them: " + key.getEncoded());

        // No provider is named: the JCA finds FerroHSM because the key is one of its keys.
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(key);
        signature.update(Files.readAllBytes(Path.of(args[0])));
        Files.write(Path.of(args[1]), signature.sign());

        Key publicKey = find(ObjectClassType.PUBLIC_KEY);
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(publicKey.getEncoded());
        Files.writeString(Path.of(args[2]), "-----BEGIN PUBLIC KEY-----\n" + base64 + "\n-----END PUBLIC KEY-----\n");
    }

    /** A key pair that is kept. Without attributes it would be a session key, and go with this program's login. */
    private static void generate() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "FerroHSM");
        generator.initialize(new KeyPairAttributesMapBuilder()
            .withPublic(new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, LABEL).put(KeyAttribute.TOKEN, true)
                .put(KeyAttribute.EC_PARAMS, EcParams.EC_CURVE_PRIME256).build())
            .withPrivate(new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, LABEL).put(KeyAttribute.TOKEN, true)
                .build())
            .build());
        generator.generateKeyPair();
    }

    private static Key find(ObjectClassType which) throws Exception {
        KeyStoreWithAttributes store = KeyStoreWithAttributes.getInstance("FERROHSM");
        store.load(null, null);
        KeyAttributesMap wanted = new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, LABEL)
            .put(KeyAttribute.OBJECT_CLASS, which).build();
        return store.getKey(wanted);
    }
}
