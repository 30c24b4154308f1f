import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;

/**
 * Verifies a signature with the public key and nothing but the JDK: who verifies needs neither the HSM nor its provider.
 *
 * <p>Usage: {@code Verify FILE SIGNATURE PUBLIC_KEY}. Exit code 1 if the signature is not the file's.
 */
public final class Verify {
    private Verify() {
    }

    public static void main(String[] args) throws Exception {
        String pem = Files.readString(Path.of(args[2])).replaceAll("-----.*?-----", "");
        PublicKey key = KeyFactory.getInstance("EC")
            .generatePublic(new X509EncodedKeySpec(Base64.getMimeDecoder().decode(pem)));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initVerify(key);
        signature.update(Files.readAllBytes(Path.of(args[0])));
        boolean good = signature.verify(Files.readAllBytes(Path.of(args[1])));
        System.out.println(good ? "good signature" : "BAD signature");
        System.exit(good ? 0 : 1);
    }
}
