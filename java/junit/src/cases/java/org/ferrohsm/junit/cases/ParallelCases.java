package org.ferrohsm.junit.cases;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.KeyPair;
import java.security.KeyStore;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.ferrohsm.junit.FerroHsm;
import org.ferrohsm.junit.FerroHsmServer;
import org.ferrohsm.junit.HsmKey;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Three classes with the same tests, to be run at the same time. */
public final class ParallelCases {
    /** Processes that were there. */
    public static final Set<Long> PIDS = ConcurrentHashMap.newKeySet();

    private ParallelCases() {
    }

    /** The tests; the first installs the provider and leaves it so. */
    @FerroHsm
    abstract static class Tests {
        @BeforeAll
        static void install(Provider hsm, FerroHsmServer server) {
            PIDS.add(server.pid());
            assertTrue(Security.addProvider(hsm) > 0, "another provider is installed as " + hsm.getName());
        }

        @RepeatedTest(8)
        void signs(@HsmKey KeyPair pair) throws Exception {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(pair.getPrivate()); // an installed provider is found by the key
            signature.update((byte) 1);
            byte[] signed = signature.sign();
            signature.initVerify(pair.getPublic());
            signature.update((byte) 1);
            assertTrue(signature.verify(signed));
        }

        @Test
        void nobodyElsesKeysAreThere(@HsmKey(attributes = {"token=true", "label=only"}) KeyPair pair, KeyStore store)
            throws Exception {
            assertEquals(1, store.size());
        }
    }

    /** One. */
    public static class First extends Tests {
    }

    /** Two. */
    public static class Second extends Tests {
    }

    /** Three. */
    public static class Third extends Tests {
    }
}
