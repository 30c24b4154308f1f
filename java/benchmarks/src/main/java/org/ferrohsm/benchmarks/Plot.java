package org.ferrohsm.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The report as a picture: one panel per operation, a group of bars per thread count, a bar per contender. Throughput is
 * on a logarithmic axis, since one panel spans three powers of ten; every bar carries its number.
 */
final class Plot {
    private static final int PANEL_WIDTH = 580;
    private static final int PANEL_HEIGHT = 300;
    private static final int COLUMNS = 2;
    private static final int TOP = 84;
    private static final int AXIS_LEFT = 52;
    private static final int AXIS_TOP = 42;
    private static final int AXIS_HEIGHT = 210;
    private static final int AXIS_WIDTH = PANEL_WIDTH - AXIS_LEFT - 20;

    private final Report report;
    private final List<Operation> operations;
    private final StringBuilder svg = new StringBuilder();

    private Plot(Report report) {
        this.report = report;
        this.operations = report.options().operations();
    }

    static String render(Report report) {
        return new Plot(report).draw();
    }

    private String draw() {
        int columns = Math.min(COLUMNS, operations.size());
        int rows = (operations.size() + COLUMNS - 1) / COLUMNS;
        // One panel alone is narrower than title and legend.
        int width = Math.max(2, columns) * PANEL_WIDTH;
        int height = TOP + rows * PANEL_HEIGHT;
        add("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
                + " font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\">", width, height, width, height);
        add("<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>");
        text(20, 28, 18, "start", "#111111", "Operations per second through the JCA (logarithmic; higher is better)");
        text(20, 47, 11, "start", "#666666", subtitle());
        legend();
        for (int i = 0; i < operations.size(); i++) {
            add("<g transform=\"translate(%d,%d)\">", i % COLUMNS * PANEL_WIDTH, TOP + i / COLUMNS * PANEL_HEIGHT);
            panel(operations.get(i));
            add("</g>");
        }
        add("</svg>");
        return svg.toString();
    }

    private String subtitle() {
        Machine machine = report.machine();
        String noisy = machine.isBusy() ? ", NOISY: the machine was busy" : "";
        return machine.processor() + ", " + machine.processors() + " processors, Java " + machine.java() + ", "
                + machine.time() + noisy;
    }

    private void legend() {
        int x = 20;
        for (Contender contender : report.contenders()) {
            add("<rect x=\"%d\" y=\"58\" width=\"12\" height=\"12\" fill=\"%s\"/>", x, color(contender));
            text(x + 17, 68, 12, "start", "#111111", contender.title());
            x += 40 + 8 * contender.title().length();
        }
    }

    private void panel(Operation operation) {
        List<Cell> cells = report.cells().stream().filter(c -> c.operation() == operation).toList();
        double[] values = cells.stream()
                .flatMap(c -> c.scores().stream())
                .filter(Cell.Score::isMeasured)
                .mapToDouble(s -> s.median().operationsPerSecond())
                .toArray();
        text(AXIS_LEFT, 24, 14, "start", "#111111", operation.title());
        if (values.length == 0) {
            text(AXIS_LEFT, 60, 12, "start", "#666666", "not measured");
            return;
        }
        // A bar needs some height to be seen, so the axis starts well below the smallest value.
        double low = Math.floor(Math.log10(Arrays.stream(values).min().getAsDouble() / 2));
        double high = Math.log10(Arrays.stream(values).max().getAsDouble() * 1.3);
        axis(low, high);
        double groupWidth = (double) AXIS_WIDTH / cells.size();
        for (int i = 0; i < cells.size(); i++) {
            group(cells.get(i), AXIS_LEFT + i * groupWidth, groupWidth, low, high);
        }
    }

    private void axis(double low, double high) {
        for (double exponent = low; exponent <= high; exponent++) {
            double y = y(exponent, low, high);
            add("<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#dddddd\"/>",
                    AXIS_LEFT, y, AXIS_LEFT + AXIS_WIDTH, y);
            text(AXIS_LEFT - 6, y + 4, 10, "end", "#666666", compact(Math.pow(10, exponent)));
        }
    }

    private void group(Cell cell, double left, double width, double low, double high) {
        double gap = width * 0.08;
        double barWidth = (width - 2 * gap) / cell.scores().size();
        double bottom = AXIS_TOP + AXIS_HEIGHT;
        for (int i = 0; i < cell.scores().size(); i++) {
            Cell.Score score = cell.scores().get(i);
            double x = left + gap + i * barWidth;
            double middle = x + barWidth / 2;
            if (!score.isMeasured()) {
                text(middle, bottom - 4, 11, "middle", "#666666", "-");
                continue;
            }
            double value = score.median().operationsPerSecond();
            double y = y(Math.log10(value), low, high);
            add("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>",
                    x + 1, y, barWidth - 2, bottom - y, color(score.contender()));
            text(middle, y - 4, 9, "middle", "#333333", compact(value));
        }
        text(left + width / 2, bottom + 17, 12, "middle", "#333333", Cell.threadText(cell.threads()));
    }

    private static double y(double exponent, double low, double high) {
        return AXIS_TOP + AXIS_HEIGHT * (high - exponent) / (high - low);
    }

    private static String color(Contender contender) {
        return switch (contender.id()) {
            case "ferrohsm" -> "#b7410e";
            case "softhsm2" -> "#3b6ea5";
            case "bouncycastle" -> "#7a9e5f";
            case "jdk" -> "#8c8c8c";
            default -> "#d9a72b";
        };
    }

    /** Three significant digits at most, as in 950, 4.1k, 44.6k, 1.25M. */
    static String compact(double value) {
        if (value >= 999_500) {
            return short3(value / 1e6) + "M";
        }
        return value >= 999.5 ? short3(value / 1e3) + "k" : short3(value);
    }

    private static String short3(double value) {
        int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
        String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
        return text.contains(".") ? text.replaceAll("\\.?0+$", "") : text;
    }

    private void text(double x, double y, int size, String anchor, String color, String content) {
        String escaped = content.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        add("<text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\" text-anchor=\"%s\" fill=\"%s\">%s</text>",
                x, y, size, anchor, color, escaped);
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
