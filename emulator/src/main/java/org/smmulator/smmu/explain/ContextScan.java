package org.smmulator.smmu.explain;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.event.EventType;
import org.smmulator.arch.structure.Cd;
import org.smmulator.arch.structure.L1Cd;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.StreamTableEntry;
import org.smmulator.smmu.explain.ReadLog.Purpose;
import org.smmulator.smmu.fault.Fault;

/**
 * All CDs of one stream, one after another. Where no CD can be read, that is told once for as many
 * as follow one another, and the rest of the 4 KiB is left out: memory ends where a page does.
 */
final class ContextScan {
  private static final int PAGE_LOG2 = 12;
  private static final int CDS_IN_PAGE_LOG2 = PAGE_LOG2 - Integer.numberOfTrailingZeros(Cd.BYTES);
  private static final int MOST_REMARKS = 8;

  private final UncachedTranslation uncached;
  private final int streamId;
  private final StreamTableEntry entry;
  private final int mostShown;
  private final List<StreamSnapshot.Context> shown = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();
  private final Set<Integer> others = new HashSet<>();
  private int wrongParts;

  /** The part that cannot be read and ends before the next CD, if there is one. */
  private @Nullable String wrong;

  private long wrongFrom;
  private long wrongAddress;

  ContextScan(UncachedTranslation uncached, int streamId, StreamTableEntry entry, int mostShown) {
    this.uncached = uncached;
    this.streamId = streamId;
    this.entry = entry;
    this.mostShown = mostShown;
  }

  StreamSnapshot run(int mostReads) {
    long all = 1L << entry.contextsLog2();
    long index = 0;
    int reads = 0;
    while (index < all && reads < mostReads) {
      uncached.log.truncate(0);
      Configuration found = uncached.configurations.readContext(streamId, entry, (int) index);
      index = Math.min(all, after(index, found));
      reads++;
    }
    endWrongPart(index);
    if (wrongParts > MOST_REMARKS) {
      remarks.add(
          String.format("and %,d parts more that cannot be read", wrongParts - MOST_REMARKS));
    }
    if (index < all) {
      remarks.add(
          String.format("CDs 0x%x to 0x%x are not looked at: there are too many", index, all - 1));
    }
    return new StreamSnapshot(entry, null, shown, others, remarks, reads);
  }

  /** Takes note of what was found at an index, and gives the next one to look at. */
  private long after(long index, Configuration found) {
    ContextDescriptor context = found.context();
    if (context != null) {
      endWrongPart(index);
      if (context.isValid()) {
        valid((int) index, context);
      }
      return index + 1;
    }
    Fault fault = found.requireFault();
    if (fault.type() != EventType.C_BAD_SUBSTREAMID) {
      String why = LookupRule.of(found);
      wrong(index, why != null ? why : ofStage2(fault), address(fault));
      return next(index, CDS_IN_PAGE_LOG2);
    }
    long descriptor = uncached.log.last(Purpose.CONTEXT);
    if (L1Cd.V.isSet(descriptor)) {
      wrong(index, "the L1CD's L2Ptr is beyond IDR5.OAS", L1Cd.L2PTR.inPlace(descriptor));
    } else {
      endWrongPart(index);
    }
    return next(index, StreamReader.leafLog2(entry));
  }

  private void valid(int index, ContextDescriptor context) {
    if (shown.size() < mostShown) {
      shown.add(new StreamSnapshot.Context(index, context));
    } else {
      others.add(index);
    }
  }

  private static long next(long index, int spanLog2) {
    return ((index >>> spanLog2) + 1) << spanLog2;
  }

  private static String ofStage2(Fault fault) {
    return "stage 2, for the fetch of the CD or of its L1CD, has " + fault.type();
  }

  private static long address(Fault fault) {
    return fault.stage2() ? fault.ipa() : fault.fetchAddress();
  }

  private void wrong(long from, String why, long address) {
    if (why.equals(wrong)) {
      return;
    }
    endWrongPart(from);
    wrong = why;
    wrongFrom = from;
    wrongAddress = address;
  }

  private void endWrongPart(long before) {
    if (wrong != null && wrongParts++ < MOST_REMARKS) {
      remarks.add(
          String.format("CDs 0x%x to 0x%x: %s (0x%x)", wrongFrom, before - 1, wrong, wrongAddress));
    }
    wrong = null;
  }
}
