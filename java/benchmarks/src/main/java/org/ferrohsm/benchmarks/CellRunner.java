package org.ferrohsm.benchmarks;

import java.lang.management.ManagementFactory;
import java.security.GeneralSecurityException;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Measures one cell. Every contender is set up and warmed up; then the rounds go round-robin through the contenders,
 * starting with another one each time, so that a machine that slows down does not slow down one of them.
 */
final class CellRunner {
    // How long to wait for garbage, compilers and clean-up threads of the previous round to come to rest.
    private static final long SETTLE_STEP_MILLIS = 20;
    private static final int SETTLE_STEPS_MAX = 100;

    private final Options options;
    private final Operation operation;
    private final int threads;

    CellRunner(Options options, Operation operation, int threads) {
        this.options = options;
        this.operation = operation;
        this.threads = threads;
    }

    /** One contender's way through this cell. */
    private static final class Entry {
        final Contender contender;
        final List<Workload.Worker> workers = new ArrayList<>();
        final List<Round> rounds = new ArrayList<>();
        String reason;
        boolean failed;

        Entry(Contender contender) {
            this.contender = contender;
            this.reason = contender.unavailable();
        }

        Cell.Score score() {
            return new Cell.Score(contender, reason == null ? List.copyOf(rounds) : List.of(), reason, failed);
        }
    }

    /** A step for one contender; what it throws ends that contender's part in the cell, and only that. */
    @FunctionalInterface
    private interface Step {
        void run(Entry entry) throws GeneralSecurityException, ExecutionException, InterruptedException;
    }

    Cell run(List<Contender> contenders) {
        List<Entry> entries = contenders.stream().map(Entry::new).toList();
        entries.forEach(e -> attempt(e, this::warmUp));
        List<Entry> order = new ArrayList<>(entries);
        for (int round = 0; round < options.rounds(); round++) {
            order.forEach(e -> attempt(e, this::measure));
            Collections.rotate(order, -1);
        }
        entries.forEach(e -> attempt(e, CellRunner::verify));
        return new Cell(operation, threads, entries.stream().map(Entry::score).toList());
    }

    private void warmUp(Entry entry) throws GeneralSecurityException, ExecutionException, InterruptedException {
        Workload workload = operation.prepare(entry.contender);
        for (int i = 0; i < threads; i++) {
            entry.workers.add(workload.newWorker());
        }
        Round.run(entry.workers.subList(0, operation.warmUpThreads(threads)), options.roundSeconds());
    }

    private void measure(Entry entry) throws ExecutionException, InterruptedException {
        settle();
        entry.rounds.add(Round.run(entry.workers, options.roundSeconds() * operation.roundFactor()));
    }

    private static void verify(Entry entry) throws GeneralSecurityException {
        for (Workload.Worker worker : entry.workers) {
            worker.verify();
        }
    }

    private static void attempt(Entry entry, Step step) {
        if (entry.reason != null) {
            return;
        }
        try {
            step.run(entry);
        } catch (NoSuchAlgorithmException e) {
            entry.reason = Failures.text(e);
        } catch (ExecutionException e) {
            fail(entry, e.getCause());
        } catch (GeneralSecurityException | RuntimeException | LinkageError e) {
            fail(entry, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail(entry, e);
        }
    }

    private static void fail(Entry entry, Throwable failure) {
        entry.reason = Failures.text(failure);
        entry.failed = true;
        System.err.println("  " + entry.contender.title() + " failed: " + entry.reason);
    }

    // What one contender leaves behind (garbage, keys to be given up in the token) is not the next one's to pay.
    private static void settle() throws InterruptedException {
        System.gc();
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long quietNanos = TimeUnit.MILLISECONDS.toNanos(SETTLE_STEP_MILLIS) / 5;
        for (int i = 0; i < SETTLE_STEPS_MAX; i++) {
            long before = system.getProcessCpuTime();
            Thread.sleep(SETTLE_STEP_MILLIS);
            if (system.getProcessCpuTime() - before <= quietNanos) {
                return;
            }
        }
    }
}
