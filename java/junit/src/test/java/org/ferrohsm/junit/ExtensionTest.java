package org.ferrohsm.junit;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.Provider;
import java.security.Security;
import java.util.List;
import java.util.Map;
import org.ferrohsm.junit.cases.FaultCase;
import org.ferrohsm.junit.cases.InheritingCases;
import org.ferrohsm.junit.cases.InjectedCase;
import org.ferrohsm.junit.cases.OptionsCase;
import org.ferrohsm.junit.cases.ParallelCases;
import org.ferrohsm.junit.cases.ParameterizedCase;
import org.ferrohsm.junit.cases.WrongCase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@link FerroHsm}, by test classes that are run as a build tool runs them. */
class ExtensionTest {
    @AfterEach
    void noProviderStays() {
        for (Provider provider : Security.getProviders()) {
            assertFalse(provider.getName().startsWith("FerroHSM"), provider.getName());
        }
    }

    private static void allPass(int count, Class<?>... classes) {
        Cases cases = Cases.run(classes);
        assertTrue(cases.failures().isEmpty(), cases::story);
        assertEquals(count, cases.passed());
    }

    @Test
    void parametersAreInjected() {
        allPass(8, InjectedCase.class);
    }

    @Test
    void testsAreInherited() {
        allPass(2, InheritingCases.Inheriting.class);
    }

    @Test
    void classesAndMethodsHaveArguments() {
        allPass(6, ParameterizedCase.class);
    }

    @Test
    void optionsHold() {
        allPass(4, OptionsCase.class);
    }

    @Test
    void aKilledHsmIsCleanedUp() {
        allPass(1, FaultCase.class);
    }

    @Test
    void classesAndMethodsRunInParallel() {
        ParallelCases.PIDS.clear();
        allPass(27, ParallelCases.First.class, ParallelCases.Second.class, ParallelCases.Third.class);
        assertEquals(3, ParallelCases.PIDS.size());
        for (long pid : ParallelCases.PIDS) {
            assertTrue(ProcessHandle.of(pid).isEmpty(), pid + " is left");
        }
    }

    @Test
    void whatIsWrongIsSaid() {
        Map<String, List<String>> expected = Map.ofEntries(
            entry("user", List.of("no user \"mallory\"", "@FerroHsm(users")),
            entry("attribute", List.of("no attribute \"extractible\"", "extractable, ")),
            entry("flag", List.of("extractable is true or false, not \"yes\"")),
            entry("noValue", List.of("write name=value")),
            entry("id", List.of("id takes bytes in hexadecimal")),
            entry("label", List.of("\"label=\"", "1 to 1024 bytes")),
            entry("publicHalf", List.of("no publicAttributes")),
            entry("algorithm", List.of("ROT13")),
            entry("size", List.of("2048")),
            entry("type", List.of("@HsmKey is for KeyPair or SecretKey, not java.security.PrivateKey")),
            entry("unannotated", List.of("No ParameterResolver")));
        Cases cases = Cases.run(WrongCase.class);
        assertEquals(expected.keySet(), cases.failures().keySet(), cases::story);
        assertEquals(0, cases.passed());
        expected.forEach((name, words) -> {
            String message = cases.failures().get(name).getMessage();
            for (String word : words) {
                assertTrue(message.contains(word), name + ": " + message);
            }
        });
    }
}
