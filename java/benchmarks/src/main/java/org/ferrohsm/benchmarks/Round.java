package org.ferrohsm.benchmarks;

import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What one round gave.
 *
 * @param operationsPerSecond all completed operations over the time from the start signal to the last completion. An
 *     operation that is under way when the time is up is completed and counted, its time too: otherwise operations that
 *     take as long as a round would not count at all.
 */
record Round(double operationsPerSecond, long operations, double p50Micros, double p99Micros) {

    // A round that has not ended this long after its time has hung.
    private static final long GRACE_MILLIS = 120_000;

    /**
     * Lets every worker run in its own thread for the given time.
     *
     * @throws ExecutionException if an operation failed; its cause is the first failure
     */
    static Round run(List<Workload.Worker> workers, double seconds)
            throws ExecutionException, InterruptedException {
        Run run = new Run((long) (seconds * 1e9), workers.size());
        List<Runner> runners = new ArrayList<>();
        for (Workload.Worker worker : workers) {
            Runner runner = new Runner(run, worker);
            runner.setDaemon(true);
            runner.start();
            runners.add(runner);
        }
        run.ready.await();
        run.startNanos = System.nanoTime();
        run.gate.countDown();

        long giveUpNanos = run.startNanos + run.durationNanos + GRACE_MILLIS * 1_000_000;
        Histogram histogram = new Histogram();
        long lastNanos = run.startNanos;
        for (Runner runner : runners) {
            runner.join(Math.max(1, (giveUpNanos - System.nanoTime()) / 1_000_000));
            if (runner.isAlive()) {
                run.failure.compareAndSet(null, new TimeoutException("no answer within " + GRACE_MILLIS / 1000 + " s"));
                break;
            }
            histogram.add(runner.histogram);
            lastNanos = Math.max(lastNanos, runner.lastNanos);
        }
        if (run.failure.get() != null) {
            throw new ExecutionException(run.failure.get());
        }
        double elapsedSeconds = (lastNanos - run.startNanos) / 1e9;
        return new Round(
                histogram.total() / elapsedSeconds,
                histogram.total(),
                histogram.percentile(0.50) / 1e3,
                histogram.percentile(0.99) / 1e3);
    }

    /** What the threads of a round share. */
    private static final class Run {
        final long durationNanos;
        final CountDownLatch ready;
        final CountDownLatch gate = new CountDownLatch(1);
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        // Written before the gate opens, read after it.
        long startNanos;

        Run(long durationNanos, int threads) {
            this.durationNanos = durationNanos;
            this.ready = new CountDownLatch(threads);
        }
    }

    private static final class Runner extends Thread {
        private final Run run;
        private final Workload.Worker worker;
        final Histogram histogram = new Histogram();
        long lastNanos;

        Runner(Run run, Workload.Worker worker) {
            this.run = run;
            this.worker = worker;
        }

        @Override
        public void run() {
            try {
                run.ready.countDown();
                run.gate.await();
                loop();
            } catch (Throwable e) {
                // Errors too: a thread that died unseen would leave a number that looks like a slow provider.
                run.failure.compareAndSet(null, e);
            }
        }

        // At least one operation each, so that every worker has a result to verify.
        private void loop() throws GeneralSecurityException {
            long endNanos = run.startNanos + run.durationNanos;
            long before = System.nanoTime();
            do {
                worker.perform();
                lastNanos = System.nanoTime();
                histogram.record(lastNanos - before);
                before = lastNanos;
            } while (lastNanos < endNanos && run.failure.get() == null);
        }
    }
}
