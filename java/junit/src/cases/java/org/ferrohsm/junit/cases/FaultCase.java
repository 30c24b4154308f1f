package org.ferrohsm.junit.cases;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.KeyPair;
import org.ferrohsm.junit.FerroHsm;
import org.ferrohsm.junit.FerroHsmServer;
import org.ferrohsm.junit.HsmKey;
import org.junit.jupiter.api.Test;

/** Leaves a killed HSM behind. */
@FerroHsm
public class FaultCase {
    @Test
    void kill(FerroHsmServer server, @HsmKey KeyPair pair) {
        server.kill();
        assertTrue(ProcessHandle.of(server.pid()).isEmpty());
    }
}
