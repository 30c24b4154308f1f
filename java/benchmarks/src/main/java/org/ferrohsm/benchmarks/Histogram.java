package org.ferrohsm.benchmarks;

/**
 * Counts of durations in buckets less than 0.8 % wide, so that recording allocates nothing and costs a few
 * nanoseconds. Not thread-safe: every thread has its own, added up afterwards.
 */
final class Histogram {
    // 2^7 buckets per power of two: values below 128 ns are exact.
    private static final int SUB_BITS = 7;
    private static final int SUB_BUCKETS = 1 << SUB_BITS;

    private final long[] counts = new long[(64 - SUB_BITS) * SUB_BUCKETS];
    private long total;

    void record(long nanos) {
        counts[bucket(Math.max(0, nanos))]++;
        total++;
    }

    void add(Histogram other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
        total += other.total;
    }

    /** How many durations were recorded. */
    long total() {
        return total;
    }

    /**
     * The duration that the given share of all durations does not exceed, in nanoseconds (the bucket's middle).
     *
     * @param share in (0, 1]
     */
    long percentile(double share) {
        long rank = Math.max(1, (long) Math.ceil(total * share));
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= rank) {
                return middle(i);
            }
        }
        throw new IllegalStateException("the histogram is empty");
    }

    private static int bucket(long nanos) {
        if (nanos < SUB_BUCKETS) {
            return (int) nanos;
        }
        int shift = 63 - Long.numberOfLeadingZeros(nanos) - SUB_BITS;
        return (shift + 1) * SUB_BUCKETS + (int) ((nanos >>> shift) - SUB_BUCKETS);
    }

    private static long middle(int bucket) {
        if (bucket < SUB_BUCKETS) {
            return bucket;
        }
        int shift = bucket / SUB_BUCKETS - 1;
        long low = (long) (bucket % SUB_BUCKETS + SUB_BUCKETS) << shift;
        return low + ((1L << shift) >> 1);
    }
}
