/** Benchmarks; {@code java -jar emulator/target/benchmarks.jar} runs them. */
@NullMarked
package org.smmulator.bench;

import org.jspecify.annotations.NullMarked;
