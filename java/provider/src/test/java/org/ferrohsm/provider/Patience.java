package org.ferrohsm.provider;

/** How long a test waits for what has to come before it calls it hung: on a machine that does much else, too. */
public final class Patience {
    /** In seconds. */
    public static final int SECONDS = 120;

    private Patience() {
    }

    /** The end of it from now on, by {@link System#nanoTime}. */
    static long endNanos() {
        return System.nanoTime() + SECONDS * 1_000_000_000L;
    }
}
