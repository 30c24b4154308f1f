package org.ferrohsm.junit.cases;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.security.KeyPair;
import java.security.Provider;
import java.security.ProviderException;
import org.ferrohsm.junit.FerroHsm;
import org.ferrohsm.junit.FerroHsmServer;
import org.ferrohsm.junit.HsmKey;
import org.junit.jupiter.api.Test;

/** Leaves a killed HSM behind. */
@FerroHsm
public class FaultCase {
    @Test
    void kill(FerroHsmServer server, @HsmKey KeyPair pair, Provider hsm) throws Exception {
        server.kill();
        assertThrows(ProviderException.class, ((org.ferrohsm.provider.FerroHsmProvider) hsm)::checkHealth);
    }
}
