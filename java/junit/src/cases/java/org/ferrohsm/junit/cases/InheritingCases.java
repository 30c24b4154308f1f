package org.ferrohsm.junit.cases;

import static org.junit.jupiter.api.Assertions.assertSame;

import org.ferrohsm.junit.FerroHsm;
import org.ferrohsm.junit.FerroHsmServer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A class with tests from one that has no HSM. */
public final class InheritingCases {
    private InheritingCases() {
    }

    /** What several classes may have in common. */
    abstract static class Tests {
        private static FerroHsmServer ofClass;

        @BeforeAll
        static void beforeAll(FerroHsmServer server) {
            ofClass = server;
        }

        @Test
        void inherited(FerroHsmServer server) {
            assertSame(ofClass, server);
        }

        /** The class around it has no HSM, and the one that runs has. */
        @Nested
        class Inside {
            @Test
            void sharesIt(FerroHsmServer server) {
                assertSame(ofClass, server);
            }
        }
    }

    /** The one that runs. */
    @FerroHsm
    public static class Inheriting extends Tests {
    }
}
