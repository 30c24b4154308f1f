package org.ferrohsm.benchmarks;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What to measure and for how long.
 *
 * @param roundSeconds wall time of one round, in seconds
 * @param rounds rounds per provider and cell; the median one is reported
 */
record Options(
        List<Operation> operations,
        List<Integer> threads,
        List<String> providers,
        double roundSeconds,
        int rounds,
        Path outputDirectory) {

    private static final String USAGE =
            """
            Options:
              --only TEXT         only operations whose name contains TEXT: %s
              --providers A,B     only these: %s
              --threads 1,4,64    thread counts
              --seconds S         wall time of one round (default 1.0), five rounds per provider and cell
              --quick             one short round each: shows that it works, too coarse to quote
              --out DIR           where results.json and results.svg go (default build/bench)
            """
                    .formatted(
                            Stream.of(Operation.values()).map(Operation::id).collect(Collectors.joining(", ")),
                            String.join(", ", Contenders.IDS));

    /** {@code --help} was given: the message is the answer, not an error. */
    static final class HelpAsked extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;

        HelpAsked() {
            super(USAGE);
        }
    }

    static Options parse(String[] arguments) {
        String only = "";
        List<Integer> threads = List.of(1, 4, 64);
        List<String> providers = Contenders.IDS;
        double seconds = 1.0;
        int rounds = 5;
        Path out = Path.of("build", "bench");
        for (int i = 0; i < arguments.length; i++) {
            String option = arguments[i];
            switch (option) {
                case "--help" -> throw new HelpAsked();
                case "--quick" -> {
                    seconds = 0.25;
                    rounds = 1;
                }
                case "--only" -> only = value(arguments, ++i);
                case "--providers" -> providers = providers(value(arguments, ++i));
                case "--threads" -> threads = threads(value(arguments, ++i));
                case "--seconds" -> seconds = seconds(value(arguments, ++i));
                case "--out" -> out = Path.of(value(arguments, ++i));
                default -> throw wrong("unknown option " + option);
            }
        }
        return new Options(operations(only), threads, providers, seconds, rounds, out);
    }

    private static String value(String[] arguments, int index) {
        if (index == arguments.length) {
            throw wrong(arguments[index - 1] + " needs a value");
        }
        return arguments[index];
    }

    private static List<Operation> operations(String only) {
        List<Operation> chosen =
                Arrays.stream(Operation.values()).filter(o -> o.id().contains(only.toLowerCase())).toList();
        if (chosen.isEmpty()) {
            throw wrong("--only " + only + " matches no operation");
        }
        return chosen;
    }

    private static List<String> providers(String list) {
        List<String> names = List.of(list.toLowerCase().split(","));
        for (String name : names) {
            if (!Contenders.IDS.contains(name)) {
                throw wrong("unknown provider " + name);
            }
        }
        // In the order of the report, whatever order was typed.
        return Contenders.IDS.stream().filter(names::contains).toList();
    }

    private static List<Integer> threads(String list) {
        try {
            List<Integer> counts = Arrays.stream(list.split(",")).map(Integer::valueOf).toList();
            if (counts.stream().allMatch(n -> n >= 1 && n <= 1024)) {
                return counts;
            }
        } catch (NumberFormatException e) {
            // Answered below, together with numbers out of range.
        }
        throw wrong("--threads takes numbers from 1 to 1024, as in 1,4,64");
    }

    private static double seconds(String text) {
        try {
            double seconds = Double.parseDouble(text);
            if (seconds >= 0.05 && seconds <= 600) {
                return seconds;
            }
        } catch (NumberFormatException e) {
            // Answered below, together with numbers out of range.
        }
        throw wrong("--seconds takes a number from 0.05 to 600");
    }

    private static IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException(what + "\n" + USAGE);
    }
}
