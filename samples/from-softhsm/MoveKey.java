import static sun.security.pkcs11.wrapper.PKCS11Constants.*;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PublicKey;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.RSAPublicKeySpec;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import org.ferrohsm.provider.FerroHsmProvider;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMapBuilder;
import sun.security.pkcs11.wrapper.CK_ATTRIBUTE;
import sun.security.pkcs11.wrapper.CK_MECHANISM;
import sun.security.pkcs11.wrapper.PKCS11;
import sun.security.pkcs11.wrapper.PKCS11Exception;

/**
 * Moves a private key with its certificate from a PKCS#11 token to the HSM, wrapped all the way: this JVM never has its bytes.
 *
 * <p>Usage: {@code MoveKey LIBRARY PIN LABEL}. The JCA has no way to wrap a private key of a PKCS#11 token, so the token is
 * spoken to through the JDK's internal class {@code PKCS11}, whose methods are those of the PKCS#11 standard.
 */
public final class MoveKey {
    /** CK_RSA_PKCS_OAEP_PARAMS in C's layout: SHA-1, MGF1 with SHA-1, and an empty source of type CKZ_DATA_SPECIFIED. */
    private static final byte[] OAEP_SHA1 = ByteBuffer.allocate(40).order(ByteOrder.nativeOrder())
        .putLong(CKM_SHA_1).putLong(1).putLong(1).array();

    private final PKCS11 token;
    private final long session;

    private MoveKey(String library, char[] pin) throws Exception {
        token = PKCS11.getInstance(library, "C_GetFunctionList", null, false);
        session = token.C_OpenSession(token.C_GetSlotList(true)[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, null, null);
        token.C_Login(session, CKU_USER, pin);
    }

    public static void main(String[] args) throws Exception {
        Security.addProvider(new FerroHsmProvider());
        MoveKey from = new MoveKey(args[0], args[1].toCharArray());
        long certificate = from.find(new CK_ATTRIBUTE(CKA_CLASS, CKO_CERTIFICATE), new CK_ATTRIBUTE(CKA_LABEL, args[2]));
        // By convention a key and its certificate have the same id.
        long key = from.find(new CK_ATTRIBUTE(CKA_CLASS, CKO_PRIVATE_KEY),
            new CK_ATTRIBUTE(CKA_ID, from.bytes(certificate, CKA_ID)));
        X509Certificate x509 = (X509Certificate) CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(from.bytes(certificate, CKA_VALUE)));
        from.move(key, x509, args[2]);
    }

    private void move(long key, X509Certificate certificate, String alias) throws Exception {
        // The token makes an RSA pair; the HSM makes an AES key, and gives it to the token under that pair.
        long[] pair = transportPair();
        SecretKey transport = transportKey();
        Cipher oaep = Cipher.getInstance("RSA/ECB/OAEPWithSHA-1AndMGF1Padding", "FerroHSM");
        oaep.init(Cipher.WRAP_MODE, rsaPublicKey(pair[0]));
        long transportInToken = token.C_UnwrapKey(session, new CK_MECHANISM(CKM_RSA_PKCS_OAEP, OAEP_SHA1), pair[1],
            oaep.wrap(transport), new CK_ATTRIBUTE[] {new CK_ATTRIBUTE(CKA_CLASS, CKO_SECRET_KEY),
                new CK_ATTRIBUTE(CKA_KEY_TYPE, CKK_AES), new CK_ATTRIBUTE(CKA_TOKEN, false), CK_ATTRIBUTE.WRAP_TRUE});

        // Under the AES key, which both have now, the private key comes over.
        byte[] wrapped;
        try {
            wrapped = token.C_WrapKey(session, new CK_MECHANISM(CKM_AES_KEY_WRAP_PAD), transportInToken, key);
        } catch (PKCS11Exception e) {
            System.out.println("the token keeps \"" + alias + "\": " + e.getMessage());
            System.exit(1);
            return;
        }
        Cipher kwp = Cipher.getInstance("AES/KWP/NoPadding", "FerroHSM");
        kwp.init(Cipher.UNWRAP_MODE, transport);
        Key moved = kwp.unwrap(wrapped, certificate.getPublicKey().getAlgorithm(), Cipher.PRIVATE_KEY);
        KeyStore hsm = KeyStore.getInstance("FERROHSM");
        hsm.load(null, null);
        hsm.setKeyEntry(alias, moved, null, new X509Certificate[] {certificate});
        System.out.println("moved \"" + alias + "\", " + wrapped.length + " bytes wrapped");
    }

    /** A session object of the token: gone when this program ends. */
    private long[] transportPair() throws PKCS11Exception {
        return token.C_GenerateKeyPair(session, new CK_MECHANISM(CKM_RSA_PKCS_KEY_PAIR_GEN),
            new CK_ATTRIBUTE[] {new CK_ATTRIBUTE(CKA_MODULUS_BITS, 3072), new CK_ATTRIBUTE(CKA_TOKEN, false)},
            new CK_ATTRIBUTE[] {new CK_ATTRIBUTE(CKA_TOKEN, false), CK_ATTRIBUTE.UNWRAP_TRUE});
    }

    /** A session key of the HSM, extractable so that it can be handed over. */
    private static SecretKey transportKey() throws Exception {
        KeyGenerator generator = KeyGenerator.getInstance("AES", "FerroHSM");
        generator.init(new KeyAttributesMapBuilder().put(KeyAttribute.SIZE, 256).put(KeyAttribute.EXTRACTABLE, true).build());
        return generator.generateKey();
    }

    private PublicKey rsaPublicKey(long handle) throws Exception {
        return KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(
            new BigInteger(1, bytes(handle, CKA_MODULUS)), new BigInteger(1, bytes(handle, CKA_PUBLIC_EXPONENT))));
    }

    private long find(CK_ATTRIBUTE... wanted) throws PKCS11Exception {
        token.C_FindObjectsInit(session, wanted);
        long[] found = token.C_FindObjects(session, 2);
        token.C_FindObjectsFinal(session);
        if (found.length != 1) {
            throw new IllegalStateException(found.length + " objects in the token have " + wanted[1]);
        }
        return found[0];
    }

    private byte[] bytes(long object, long attribute) throws PKCS11Exception {
        CK_ATTRIBUTE[] value = {new CK_ATTRIBUTE(attribute)};
        token.C_GetAttributeValue(session, object, value);
        return value[0].getByteArray();
    }
}
