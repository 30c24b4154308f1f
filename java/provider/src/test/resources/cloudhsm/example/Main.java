package example;

import com.amazonaws.cloudhsm.jce.jni.exception.InternalException;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.KeyStoreWithAttributes;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyReferenceSpec;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyType;
import com.amazonaws.cloudhsm.jce.provider.attributes.ObjectClassType;
import java.io.IOException;
import java.security.AuthProvider;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.security.Signature;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.InvalidKeySpecException;
import java.util.Arrays;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.security.auth.Destroyable;

/**
 * A program for CloudHSM, in the manner of its users' programs. The test applies the documented sed to this folder, and
 * runs what comes out against a FerroHSM.
 */
public final class Main {
    private Main() {
    }

    public static void main(String[] arguments) throws Exception {
        try {
            if (Security.getProvider(CloudHsmProvider.PROVIDER_NAME) == null) {
                Security.addProvider(new CloudHsmProvider());
            }
        } catch (IOException ex) {
            System.out.println(ex);
            return;
        }
        AuthProvider provider = Login.installed();
        check("unauthenticated", Login.isUnauthenticated());
        String user = arguments[0];
        String password = arguments[1];
        check("wrong password", Login.login(provider, user, "not the password").equals("failed"));
        check("login", Login.login(provider, user, password).equals("logged in"));
        check("another user", Login.login(provider, "somebody", password).equals("already logged in"));
        encrypt();
        sign("SHA256withECDSA", Keys.ec("moved ec"));
        KeyPair rsa = Keys.rsa("moved rsa", 2048);
        sign("SHA512withRSA", rsa);
        wrap(rsa);
        imports();
        PostQuantum.use();
        Derive.use();
        lookUp(rsa);
        Second.use(arguments);
        provider.logout();
        System.out.println("done");
    }

    private static void encrypt() throws Exception {
        KeyAttributesMap more = new KeyAttributesMap();
        more.put(KeyAttribute.EXTRACTABLE, true);
        SecretKey key = Keys.aes("moved aes", 256, more);
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", CloudHsmProvider.PROVIDER_NAME);
        cipher.init(Cipher.ENCRYPT_MODE, key);
        cipher.updateAAD(new byte[] {1, 2, 3});
        byte[] text = "a text".getBytes("UTF-8");
        byte[] encrypted = cipher.doFinal(text);
        GCMParameterSpec parameters = new GCMParameterSpec(128, cipher.getIV());
        cipher.init(Cipher.DECRYPT_MODE, key, parameters);
        cipher.updateAAD(new byte[] {1, 2, 3});
        check("gcm", Arrays.equals(text, cipher.doFinal(encrypted)));
        ((Destroyable) key).destroy();
    }

    private static void sign(String algorithm, KeyPair pair) throws Exception {
        Signature signature = Signature.getInstance(algorithm, CloudHsmProvider.PROVIDER_NAME);
        signature.initSign(pair.getPrivate());
        signature.update((byte) 1);
        byte[] signed = signature.sign();
        signature.initVerify(pair.getPublic());
        signature.update((byte) 1);
        check(algorithm, signature.verify(signed));
    }

    private static void wrap(KeyPair rsa) throws Exception {
        KeyAttributesMap extractable = new KeyAttributesMap();
        extractable.put(KeyAttribute.EXTRACTABLE, true);
        SecretKey payload = Keys.aes("moved payload", 128, extractable);
        Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA-256ANDMGF1Padding", CloudHsmProvider.PROVIDER_NAME);
        cipher.init(Cipher.WRAP_MODE, rsa.getPublic());
        byte[] wrapped = cipher.wrap(payload);
        KeyAttributesMap unwrapped = new KeyAttributesMap();
        unwrapped.put(KeyAttribute.TOKEN, false);
        unwrapped.put(KeyAttribute.LABEL, "moved unwrapped");
        cipher.init(Cipher.UNWRAP_MODE, rsa.getPrivate(), unwrapped);
        Key back = cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY);
        check("unwrapped", Arrays.equals(block(payload), block(back)));
        ((Destroyable) payload).destroy();
        ((Destroyable) back).destroy();
    }

    static byte[] block(Key key) throws Exception {
        Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding", CloudHsmProvider.PROVIDER_NAME);
        cipher.init(Cipher.ENCRYPT_MODE, key);
        return cipher.doFinal(new byte[16]);
    }

    private static void imports() throws Exception {
        SecretKey aes = Keys.importAes("moved import", new byte[32]);
        check("import aes", block(aes).length == 16);
        KeyPairGenerator software = KeyPairGenerator.getInstance("RSA", "SunRsaSign");
        software.initialize(2048);
        KeyPair pair = software.generateKeyPair();
        PrivateKey imported = Keys.importRsa("moved import rsa", (RSAPrivateCrtKey) pair.getPrivate());
        sign("SHA256withRSA", new KeyPair(pair.getPublic(), imported));
    }

    private static void lookUp(KeyPair rsa) throws Exception {
        KeyStoreWithAttributes store = KeyStoreWithAttributes.getInstance("CloudHSM");
        store.load(null, null);
        KeyAttributesMap wanted = new KeyAttributesMap();
        wanted.put(KeyAttribute.LABEL, "moved rsa:Private");
        wanted.put(KeyAttribute.KEY_TYPE, KeyType.RSA);
        wanted.put(KeyAttribute.OBJECT_CLASS, ObjectClassType.PRIVATE_KEY);
        try {
            check("by attributes", rsa.getPrivate().equals(store.getKey(wanted)));
            List<Key> keys = store.getKeys(wanted);
            check("all by attributes", keys.size() == 1);
        } catch (InvalidKeySpecException e) {
            throw new RuntimeException(e);
        }
        try {
            check("by handle", store.getKey(KeyReferenceSpec.getInstance(Long.parseLong("123456"))) == null);
        } catch (InvalidKeySpecException | InternalException e) {
            throw new RuntimeException(e);
        }
        KeyStore plain = KeyStore.getInstance(CloudHsmProvider.CLOUDHSM_KEYSTORE_TYPE);
        plain.load(null, null);
        check("plain", plain.getKey("no such label", null) == null);
        ((Destroyable) rsa.getPublic()).destroy();
        ((Destroyable) rsa.getPrivate()).destroy();
        check("destroyed", store.getKey(wanted) == null);
    }

    static void check(String what, boolean holds) {
        if (!holds) {
            throw new AssertionError(what);
        }
        System.out.println("ok " + what);
    }
}
