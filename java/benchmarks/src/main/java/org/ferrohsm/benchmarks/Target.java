package org.ferrohsm.benchmarks;

import java.util.List;
import java.util.Optional;

/**
 * A throughput that FerroHSM is meant to reach, as a multiple of another provider's in the same run. Reported, never
 * asserted: a number from a shared machine must not break a build.
 */
record Target(Operation operation, int threads, String otherId, double factor) {

    static final List<Target> ALL = List.of(
            new Target(Operation.P256_SIGN, 64, "softhsm2", 1.5),
            new Target(Operation.P256_SIGN, 1, "softhsm2", 0.7),
            new Target(Operation.RSA2048_SIGN, 4, "softhsm2", 2.0),
            new Target(Operation.RSA2048_SIGN, 4, "accp", 0.7),
            new Target(Operation.GCM_1K, 64, "softhsm2", 2.0));

    /** The ratio that the run gave, if both sides were measured. */
    Optional<Double> reached(List<Cell> cells) {
        return cells.stream()
                .filter(c -> c.operation() == operation && c.threads() == threads)
                .findFirst()
                .flatMap(c -> c.ratio(otherId));
    }

    String title() {
        return operation.title() + ", " + Cell.threadText(threads);
    }
}
