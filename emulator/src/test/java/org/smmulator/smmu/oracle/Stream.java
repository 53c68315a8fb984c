package org.smmulator.smmu.oracle;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What software knows of one stream that it configured. */
final class Stream {
  /** One CD that software filled, and its tables for the lower and the upper half. */
  record Context(
      Stream stream,
      int index,
      long cdPa,
      int asid,
      boolean aset,
      boolean globals,
      List<RandomTables> halves) {}

  final int streamId;
  final long stePa;
  final int vmid;
  final ReferenceStage1.Regime regime;
  final List<Context> contexts = new ArrayList<>();
  final List<Long> l1Cds = new ArrayList<>();
  int s1CdMax;

  /** What software adds to the physical address of a structure behind stage 2. */
  long bias;

  /** Index of the first leaf of stage 2 that maps CDs and tables of stage 1. */
  int firstStructure;

  @Nullable RandomTables stage2;

  Stream(int streamId, long stePa, int vmid, ReferenceStage1.Regime regime) {
    this.streamId = streamId;
    this.stePa = stePa;
    this.vmid = vmid;
    this.regime = regime;
  }
}
