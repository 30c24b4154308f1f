package org.ferrohsm.provider.vectors;

import java.security.Provider;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Judges answers and counts them by service. "valid" must be accepted, "invalid" refused; "acceptable" may go either
 * way by Wycheproof's rules and is counted apart. Thread-safe.
 */
final class Tally {
    private static final class Counts {
        private int valid;
        private int invalid;
        private int taken;
        private int refused;
        private int published;
        private final Map<String, Integer> excluded = new TreeMap<>();
    }

    private final Provider provider;
    private final Map<String, Counts> counts = new TreeMap<>();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();

    Tally(Provider provider) {
        this.provider = provider;
    }

    /** Whether the provider under test has this service. */
    boolean has(String engine, String algorithm) {
        return provider.getService(engine, algorithm) != null;
    }

    private synchronized Counts of(String engine, String algorithm) {
        Provider.Service service = provider.getService(engine, algorithm);
        if (service == null) {
            throw new IllegalArgumentException("There is no " + engine + ' ' + algorithm);
        }
        return counts.computeIfAbsent(engine + ' ' + service.getAlgorithm(), name -> new Counts());
    }

    /** What the service said about a vector. */
    synchronized void judge(String engine, String algorithm, VectorFile file, VectorFile.Vector vector,
        boolean accepted) {
        Counts of = of(engine, algorithm);
        switch (vector.result()) {
            case "valid" -> of.valid++;
            case "invalid" -> of.invalid++;
            default -> {
                if (accepted) {
                    of.taken++;
                } else {
                    of.refused++;
                }
                return;
            }
        }
        if (accepted != vector.isValid()) {
            wrong(engine + ' ' + algorithm + ", " + file.name() + " vector " + vector.id() + ": " + vector.result()
                + ", accepted: " + accepted);
        }
    }

    /** A vector that our limits exclude; the HSM must have said so. */
    synchronized void exclude(String engine, String algorithm, String reason) {
        of(engine, algorithm).excluded.merge(reason, 1, Integer::sum);
    }

    /** A vector of another source than Wycheproof, or made from one of its vectors. */
    synchronized void published(String engine, String algorithm, String what, boolean right) {
        of(engine, algorithm).published++;
        if (!right) {
            wrong(engine + ' ' + algorithm + ", " + what);
        }
    }

    /** Notes a wrong answer. */
    void wrong(String what) {
        wrong.add(what);
    }

    Queue<String> wrong() {
        return wrong;
    }

    /** Services that some vector was answered right for. */
    synchronized Set<String> covered() {
        Set<String> covered = new java.util.TreeSet<>();
        counts.forEach((service, of) -> {
            if (of.valid + of.taken + of.published > 0) {
                covered.add(service);
            }
        });
        return covered;
    }

    synchronized int total() {
        return counts.values().stream()
            .mapToInt(of -> of.valid + of.invalid + of.taken + of.refused + of.published).sum();
    }

    /** A row for each service. */
    synchronized String table() {
        StringBuilder table = new StringBuilder(String.format("%-55s %6s %7s %5s %7s %9s  %s%n", "service", "valid",
            "invalid", "taken", "refused", "published", "excluded by our limits"));
        counts.forEach((service, of) -> table.append(String.format("%-55s %6d %7d %5d %7d %9d  %s%n", service, of.valid,
            of.invalid, of.taken, of.refused, of.published, of.excluded.isEmpty() ? "" : of.excluded)));
        return table.toString();
    }
}
