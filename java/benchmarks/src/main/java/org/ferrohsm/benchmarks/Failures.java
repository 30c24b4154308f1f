package org.ferrohsm.benchmarks;

import java.lang.reflect.InvocationTargetException;

/** Exceptions as one line of a report. */
final class Failures {
    private Failures() {}

    /** Class and message of the exception, and of the innermost cause where that is another one. */
    static String text(Throwable failure) {
        Throwable outer = failure instanceof InvocationTargetException ? failure.getCause() : failure;
        Throwable inner = outer;
        while (inner.getCause() != null && inner.getCause() != inner) {
            inner = inner.getCause();
        }
        return inner == outer ? one(outer) : one(outer) + " (" + one(inner) + ")";
    }

    private static String one(Throwable failure) {
        String message = failure.getMessage();
        String name = failure.getClass().getSimpleName();
        return message == null ? name : name + ": " + message.lines().findFirst().orElse("");
    }
}
