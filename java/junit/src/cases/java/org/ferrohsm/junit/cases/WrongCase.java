package org.ferrohsm.junit.cases;

import java.security.KeyPair;
import java.security.KeyStore;
import java.security.PrivateKey;
import javax.crypto.SecretKey;
import org.ferrohsm.junit.FerroHsm;
import org.ferrohsm.junit.HsmKey;
import org.ferrohsm.junit.HsmUser;
import org.junit.jupiter.api.Test;

/** Every method asks for something that there is not. */
@FerroHsm
public class WrongCase {
    @Test
    void user(@HsmUser("mallory") KeyStore store) {
    }

    @Test
    void attribute(@HsmKey(attributes = "extractible=true") KeyPair pair) {
    }

    @Test
    void flag(@HsmKey(attributes = "extractable=yes") KeyPair pair) {
    }

    @Test
    void noValue(@HsmKey(attributes = "extractable") KeyPair pair) {
    }

    @Test
    void id(@HsmKey(attributes = "id=xyz") KeyPair pair) {
    }

    @Test
    void label(@HsmKey(attributes = "label=") KeyPair pair) {
    }

    @Test
    void publicHalf(@HsmKey(publicAttributes = "label=x") SecretKey key) {
    }

    @Test
    void algorithm(@HsmKey(algorithm = "ROT13") SecretKey key) {
    }

    @Test
    void size(@HsmKey(algorithm = "RSA", size = 1000) KeyPair pair) {
    }

    @Test
    void type(@HsmKey PrivateKey key) {
    }

    @Test
    void unannotated(KeyPair pair) {
    }
}
