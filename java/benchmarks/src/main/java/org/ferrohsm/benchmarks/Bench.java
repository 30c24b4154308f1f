package org.ferrohsm.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/**
 * Compares providers through the JCA API: same operations, same process, same minutes.
 *
 * <p>How it measures is written in {@code docs/benchmarks.md}. Exit codes: 0 measured (whether or not the targets are
 * met), 1 some cell failed or gave a wrong result, 2 wrong usage.
 */
public final class Bench {
    private Bench() {}

    /** Runs the benchmark; {@code --help} lists the options. */
    public static void main(String[] arguments) throws IOException {
        Options options;
        try {
            options = Options.parse(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(e instanceof Options.HelpAsked ? 0 : 2);
            return;
        }
        Machine machine = Machine.read();
        List<Contender> contenders = Contenders.open(options.providers());
        List<Cell> cells = runAll(options, contenders);

        // Read again: load that began during the run spoils it as much as load that was there before.
        Report report = new Report(machine, Machine.read().loadAverage(), options, contenders, cells);
        Files.createDirectories(options.outputDirectory());
        Files.writeString(options.outputDirectory().resolve("results.json"), JsonReport.render(report));
        Files.writeString(options.outputDirectory().resolve("results.svg"), Plot.render(report));
        System.out.print(TextReport.render(report));
        System.out.println("Written: " + options.outputDirectory().resolve("results.json") + " and results.svg");
        // Explicit, because a worker that hangs in native code must not keep the process alive.
        System.exit(cells.stream().anyMatch(Cell::hasFailure) ? 1 : 0);
    }

    private static List<Cell> runAll(Options options, List<Contender> contenders) {
        List<Cell> cells = new ArrayList<>();
        int total = options.operations().size() * options.threads().size();
        for (Operation operation : options.operations()) {
            for (int threads : options.threads()) {
                System.err.printf("[%d/%d] %s, %s%n", cells.size() + 1, total, operation.title(), Cell.threadText(threads));
                cells.add(new CellRunner(options, operation, threads).run(contenders));
            }
        }
        return cells;
    }
}
