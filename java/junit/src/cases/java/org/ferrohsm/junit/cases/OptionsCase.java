package org.ferrohsm.junit.cases;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Provider;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import javax.crypto.SecretKey;
import org.ferrohsm.junit.ClusterMode;
import org.ferrohsm.junit.FerroHsm;
import org.ferrohsm.junit.FerroHsmServer;
import org.ferrohsm.junit.HsmKey;
import org.ferrohsm.junit.HsmUser;
import org.junit.jupiter.api.Test;

/** The options of the annotation, here behind an annotation of the test suite's own. */
@OptionsCase.TeamHsm
public class OptionsCase {
    /** What a team may call it. */
    @Target(ElementType.TYPE)
    @Retention(RetentionPolicy.RUNTIME)
    @FerroHsm(mode = ClusterMode.NON_FIPS, users = {"alice", "Bob"}, latencyMillis = 20)
    public @interface TeamHsm {
    }

    @Test
    void users(@HsmUser("alice") @HsmKey(attributes = {"token=true", "label=hers"}) SecretKey key,
        @HsmUser("Alice") KeyStore hers, @HsmUser("bob") KeyStore his, KeyStore others) throws Exception {
        assertTrue(hers.containsAlias("hers"));
        assertFalse(his.containsAlias("hers"));
        assertFalse(others.containsAlias("hers"));
    }

    @Test
    void providersHaveNamesOfTheirOwn(Provider hsm, @HsmUser("alice") Provider hers) {
        assertNotEquals(hsm.getName(), hers.getName());
    }

    @Test
    void mode(Provider hsm) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", hsm);
        generator.initialize(new ECGenParameterSpec("secp256k1"));
        generator.generateKeyPair(); // which FIPS does not approve
    }

    @Test
    void latency(FerroHsmServer server, KeyStore store) throws Exception {
        server.setLatency(Duration.ofMillis(300));
        long start = System.nanoTime();
        store.load(null, null);
        store.containsAlias("none");
        assertTrue(Duration.ofNanos(System.nanoTime() - start).toMillis() >= 300);
    }
}
