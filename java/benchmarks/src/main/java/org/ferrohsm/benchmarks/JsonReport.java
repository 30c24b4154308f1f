package org.ferrohsm.benchmarks;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The report for programs. Units are in the names; a provider without a number has {@code reason} instead. */
final class JsonReport {
    private JsonReport() {}

    static String render(Report report) {
        Machine machine = report.machine();
        Map<String, Object> root = object();
        root.put("time", machine.time());
        root.put("processor", machine.processor());
        root.put("processors", machine.processors());
        root.put("system", machine.system());
        root.put("java", machine.java());
        root.put("load_average_at_start", machine.loadAverage());
        root.put("load_average_at_end", report.loadAverageAtEnd());
        root.put("noisy", machine.isBusy());
        root.put("round_seconds", report.options().roundSeconds());
        root.put("rounds", report.options().rounds());
        root.put("providers", report.contenders().stream().map(JsonReport::contender).toList());
        root.put("cells", report.cells().stream().map(JsonReport::cell).toList());
        root.put("targets", Target.ALL.stream().map(t -> target(t, report.cells())).toList());
        return value(root) + "\n";
    }

    private static Map<String, Object> contender(Contender contender) {
        Map<String, Object> json = object();
        json.put("id", contender.id());
        json.put("title", contender.title());
        json.put("versions", contender.providers().stream().map(p -> p.getName() + " " + p.getVersionStr()).toList());
        json.put("unavailable", contender.unavailable());
        return json;
    }

    private static Map<String, Object> cell(Cell cell) {
        Map<String, Object> json = object();
        json.put("operation", cell.operation().id());
        json.put("threads", cell.threads());
        json.put("results", cell.scores().stream().map(s -> score(cell, s)).toList());
        return json;
    }

    private static Map<String, Object> score(Cell cell, Cell.Score score) {
        Map<String, Object> json = object();
        json.put("provider", score.contender().id());
        if (!score.isMeasured()) {
            json.put("reason", score.reason());
            json.put("failed", score.failed());
            return json;
        }
        Round median = score.median();
        json.put("operations_per_second", median.operationsPerSecond());
        json.put("p50_us", median.p50Micros());
        json.put("p99_us", median.p99Micros());
        json.put("operations", median.operations());
        json.put("operations_per_second_by_round", score.rounds().stream().map(Round::operationsPerSecond).toList());
        json.put("ferrohsm_over_this", cell.ratio(score.contender().id()).orElse(null));
        return json;
    }

    private static Map<String, Object> target(Target target, List<Cell> cells) {
        Map<String, Object> json = object();
        json.put("operation", target.operation().id());
        json.put("threads", target.threads());
        json.put("over", target.otherId());
        json.put("factor", target.factor());
        json.put("reached", target.reached(cells).orElse(null));
        json.put("met", target.reached(cells).map(r -> r >= target.factor()).orElse(null));
        return json;
    }

    private static Map<String, Object> object() {
        return new LinkedHashMap<>();
    }

    private static String value(Object value) {
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .map(e -> value(e.getKey()) + ":" + value(e.getValue()))
                    .collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof List<?> list) {
            return list.stream().map(JsonReport::value).collect(Collectors.joining(",", "[", "]"));
        }
        if (value instanceof Double number) {
            // More digits than the measurement has; JSON knows no infinity, and none can occur.
            return String.format(Locale.ROOT, "%.3f", number);
        }
        if (value instanceof String text) {
            return string(text);
        }
        return String.valueOf(value);
    }

    private static String string(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
