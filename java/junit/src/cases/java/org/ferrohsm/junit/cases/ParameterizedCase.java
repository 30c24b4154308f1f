package org.ferrohsm.junit.cases;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.security.KeyPair;
import java.security.Provider;
import org.ferrohsm.junit.FerroHsm;
import org.ferrohsm.junit.FerroHsmServer;
import org.ferrohsm.junit.HsmKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With arguments, of the class and of a method: one HSM for all. */
@FerroHsm
@ParameterizedClass
@ValueSource(strings = {"EC", "RSA"})
public class ParameterizedCase {
    private static FerroHsmServer first;
    private final String algorithm;
    private final Provider ofConstructor;

    ParameterizedCase(String algorithm, Provider hsm) {
        this.algorithm = algorithm;
        ofConstructor = hsm;
    }

    @Test
    void oneHsmForAllArguments(FerroHsmServer server) {
        if (algorithm.equals("EC")) {
            first = server;
        }
        assertSame(first, server);
        assertSame(first.provider(), ofConstructor);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void afterTheArguments(int argument, @HsmKey KeyPair pair) {
        assertEquals("EC", pair.getPrivate().getAlgorithm());
    }
}
