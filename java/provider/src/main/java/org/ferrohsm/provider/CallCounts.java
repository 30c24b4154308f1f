package org.ferrohsm.provider;

import java.util.concurrent.atomic.LongAdder;

/** How many calls a client made and how long they took. Thread-safe, and exact only when no call is under way. */
final class CallCounts {
    private final LongAdder count = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder nanos = new LongAdder();

    void add(long startNanos, boolean succeeded) {
        nanos.add(System.nanoTime() - startNanos);
        count.increment();
        if (!succeeded) {
            failed.increment();
        }
    }

    long count() {
        return count.sum();
    }

    long failed() {
        return failed.sum();
    }

    long nanos() {
        return nanos.sum();
    }
}
