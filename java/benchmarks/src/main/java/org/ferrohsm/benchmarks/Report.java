package org.ferrohsm.benchmarks;

import java.util.List;

/**
 * A finished run.
 *
 * @param machine as it was at the start
 * @param loadAverageAtEnd over the last minute of the run, which the run itself makes high
 */
record Report(Machine machine, double loadAverageAtEnd, Options options, List<Contender> contenders, List<Cell> cells) {}
