package org.ferrohsm.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The report for people: one block per cell, then what could not be measured, then the targets. */
final class TextReport {
    private TextReport() {}

    static String render(Report report) {
        StringBuilder out = new StringBuilder();
        machine(out, report);
        for (Cell cell : report.cells()) {
            cell(out, cell);
        }
        targets(out, report.cells());
        return out.toString();
    }

    private static void machine(StringBuilder out, Report report) {
        Machine machine = report.machine();
        out.append('\n');
        line(out, "%s, %d processors, %s", machine.processor(), machine.processors(), machine.system());
        line(out, "Java %s, %s", machine.java(), machine.time());
        line(out, "%d round(s) of %.2f s per provider and cell; shown are the median round and the median of the rounds' ratios",
                report.options().rounds(), report.options().roundSeconds());
        if (machine.isBusy()) {
            line(out, "NOISY: the load average before the run was %.2f; do not quote these numbers", machine.loadAverage());
        }
        for (Contender contender : report.contenders()) {
            line(out, "  %-13s %s", contender.title(), versions(contender));
        }
    }

    static String versions(Contender contender) {
        if (contender.unavailable() != null) {
            return "- " + contender.unavailable();
        }
        List<String> names =
                contender.providers().stream().map(p -> p.getName() + " " + p.getVersionStr()).toList();
        return String.join(", ", names);
    }

    private static void cell(StringBuilder out, Cell cell) {
        out.append('\n');
        line(out, "%-42s %10s %10s %10s   %-19s %s",
                cell.title(), "ops/s", "p50 us", "p99 us", "slowest..fastest", "FerroHSM is");
        for (Cell.Score score : cell.scores()) {
            if (score.isMeasured()) {
                measured(out, cell, score);
            } else {
                line(out, "  %-40s %10s   %s", score.contender().title(), "-", score.reason());
            }
        }
    }

    private static void measured(StringBuilder out, Cell cell, Cell.Score score) {
        Round median = score.median();
        Optional<Double> ratio = cell.ratio(score.contender().id());
        line(out, "  %-40s %10s %10s %10s   %-19s %s",
                score.contender().title(),
                number(median.operationsPerSecond()),
                number(median.p50Micros()),
                number(median.p99Micros()),
                number(score.slowest().operationsPerSecond()) + ".." + number(score.fastest().operationsPerSecond()),
                score.contender().id().equals("ferrohsm") ? "" : ratio.map(TextReport::times).orElse("-"));
    }

    private static void targets(StringBuilder out, List<Cell> cells) {
        out.append('\n');
        line(out, "Targets (throughput of FerroHSM over the other's in this run)");
        for (Target target : Target.ALL) {
            Optional<Double> reached = target.reached(cells);
            String verdict = reached.map(r -> r >= target.factor() ? "met" : "NOT MET").orElse("not measured");
            line(out, "  %-38s at least %sx %-10s %8s  %s",
                    target.title(), target.factor(), target.otherId(),
                    reached.map(TextReport::times).orElse("-"), verdict);
        }
        out.append('\n');
    }

    /** Three significant digits below 1,000, whole numbers with separators above. */
    static String number(double value) {
        int decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2;
        return String.format(Locale.ROOT, "%,." + decimals + "f", value);
    }

    private static String times(double ratio) {
        return String.format(Locale.ROOT, "%.2fx", ratio);
    }

    private static void line(StringBuilder out, String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values).stripTrailing()).append('\n');
    }
}
