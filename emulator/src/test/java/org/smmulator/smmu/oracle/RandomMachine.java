package org.smmulator.smmu.oracle;

import java.util.ArrayList;
import java.util.List;

/** What software knows of one machine: where it put what. */
final class RandomMachine {
  RegisterValues registers;
  final List<Stream> streams = new ArrayList<>();

  /** L1 stream table descriptors. */
  final List<Long> l1Stds = new ArrayList<>();

  /** Whether a structure was damaged so that tables may be shared in ways nobody knows. */
  boolean chaotic;

  /** Whether structures shall be damaged at all. */
  boolean mayBeDamaged;

  int streamTableLog2;

  /** Of a 2-level stream table: where its first level lies, and the low bits of the second. */
  long level1Table;

  int split;

  RandomMachine(RegisterValues registers) {
    this.registers = registers;
  }

  /** The first StreamID that an L1STD is for. */
  int firstStreamId(long l1Std) {
    return (int) ((l1Std - level1Table) / 8) << split;
  }
}
