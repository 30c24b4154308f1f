import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Security;
import java.security.Signature;
import java.util.HexFormat;
import org.ferrohsm.provider.FerroHsmProvider;

/** Signs a file with a key that was made in the HSM and stays there. Usage: {@code SignFile FILE}. */
public final class SignFile {
    private SignFile() {
    }

    public static void main(String[] args) throws Exception {
        byte[] file = Files.readAllBytes(Path.of(args[0]));
        Security.addProvider(new FerroHsmProvider());
        KeyPair pair = KeyPairGenerator.getInstance("EC", "FerroHSM").generateKeyPair();

        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(pair.getPrivate());
        signature.update(file);
        byte[] signed = signature.sign();
        System.out.println(HexFormat.of().formatHex(signed));

        signature.initVerify(pair.getPublic());
        signature.update(file);
        System.out.println(signature.verify(signed) ? "Verified OK" : "Verification failed");
    }
}
