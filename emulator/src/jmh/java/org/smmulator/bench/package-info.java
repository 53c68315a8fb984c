/**
 * Benchmarks; {@code java -jar emulator/target/benchmarks.jar} runs them, and with {@code compare}
 * judges a change by those of two builds.
 */
@NullMarked
package org.smmulator.bench;

import org.jspecify.annotations.NullMarked;
