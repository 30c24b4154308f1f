package org.ferrohsm.benchmarks;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** One operation at one thread count, with what every contender reached. */
record Cell(Operation operation, int threads, List<Score> scores) {

    /**
     * What one contender reached.
     *
     * @param rounds in the order in which they ran; empty if there is a reason
     * @param reason why there is no number, or null
     * @param failed whether the reason is a failure, and not that the contender does not offer the operation
     */
    record Score(Contender contender, List<Round> rounds, String reason, boolean failed) {

        boolean isMeasured() {
            return reason == null;
        }

        /** The round with the median throughput (the lower one of an even number). */
        Round median() {
            return sorted().get((rounds.size() - 1) / 2);
        }

        Round slowest() {
            return sorted().get(0);
        }

        Round fastest() {
            return sorted().get(rounds.size() - 1);
        }

        private List<Round> sorted() {
            return rounds.stream().sorted(Comparator.comparingDouble(Round::operationsPerSecond)).toList();
        }
    }

    /** The measured score of the contender with this id, if there is one. */
    Optional<Score> score(String contenderId) {
        return scores.stream().filter(s -> s.contender().id().equals(contenderId) && s.isMeasured()).findFirst();
    }

    /**
     * Throughput of FerroHSM divided by that of another, if both were measured: the median of what each turn of rounds gave,
     * so that a machine whose speed changes from turn to turn changes both sides.
     */
    Optional<Double> ratio(String otherId) {
        return score("ferrohsm").flatMap(ours -> score(otherId).map(theirs -> ratio(ours.rounds(), theirs.rounds())));
    }

    private static double ratio(List<Round> ours, List<Round> theirs) {
        double[] ratios = IntStream.range(0, ours.size())
                .mapToDouble(turn -> ours.get(turn).operationsPerSecond() / theirs.get(turn).operationsPerSecond())
                .sorted()
                .toArray();
        return ratios[(ratios.length - 1) / 2];
    }

    boolean hasFailure() {
        return scores.stream().anyMatch(Score::failed);
    }

    String title() {
        return operation.title() + ", " + threadText(threads);
    }

    static String threadText(int threads) {
        return threads == 1 ? "1 thread" : threads + " threads";
    }
}
