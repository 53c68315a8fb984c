package org.smmulator.qtest;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.pcie.AtsCapability;
import org.smmulator.execution.Loop;
import org.smmulator.pcie.BareStreams;
import org.smmulator.smmu.Smmu;

/**
 * The endpoint behind all streams that have no device: what the SMMU sends there is a line for the
 * harness. Its Invalidate Requests share 32 tags; others wait for one. A request that is not
 * answered in time is given up alone, and its tag stays out of use until the answer has come, or
 * until power-on, which the endpoint has with the machine. Used on the hardware's thread.
 */
final class InjectedStreams implements BareStreams {
  private static final int MOST_WAITING = 1 << 16;
  private static final int PAGE_LOG2 = 12;
  private static final int ALL_TAGS = -1;

  private final Loop loop;
  private final Smmu smmu;
  private final long timeoutNanos;
  private final Lines lines;
  private final Loop.@Nullable Timer[] timers = new Loop.@Nullable Timer[AtsCapability.ITAGS];
  private final ArrayDeque<String> waiting = new ArrayDeque<>();
  private int nextTag;

  /** Tags given up whose answer may still come, as a set. */
  private int owed;

  InjectedStreams(Loop loop, Smmu smmu, long timeoutNanos, Lines lines) {
    this.loop = loop;
    this.smmu = smmu;
    this.timeoutNanos = timeoutNanos;
    this.lines = lines;
  }

  @Override
  public void pageResponse(int streamId, int substreamId, int prgIndex, int busCode) {
    lines.line(String.format("PRG 0x%x %s %d %d", streamId, pasid(substreamId), prgIndex, busCode));
  }

  @Override
  public void atcInvalidate(
      int streamId, int substreamId, long address, int pagesLog2, boolean global) {
    int sizeLog2 = PAGE_LOG2 + pagesLog2;
    String size = sizeLog2 >= Long.SIZE ? "0x1" + "0".repeat(16) : hex(1L << sizeLog2);
    String request =
        String.format(
            "0x%x %s %s %s%s",
            streamId, pasid(substreamId), hex(address), size, global ? " global" : "");
    int tag = freeTag();
    if (tag >= 0) {
      send(tag, request);
    } else if (owed != ALL_TAGS && waiting.size() < MOST_WAITING) {
      waiting.add(request);
    } else {
      smmu.atcInvalidationDone(true);
    }
  }

  private static String pasid(int substreamId) {
    return substreamId < 0 ? "-" : hex(substreamId);
  }

  private static String hex(long number) {
    return "0x" + Long.toHexString(number);
  }

  /** Tags in turn; -1 if all are in use or owed. */
  private int freeTag() {
    for (int i = 0; i < AtsCapability.ITAGS; i++) {
      int tag = (nextTag + i) % AtsCapability.ITAGS;
      if (timers[tag] == null && (owed >>> tag & 1) == 0) {
        nextTag = (tag + 1) % AtsCapability.ITAGS;
        return tag;
      }
    }
    return -1;
  }

  private void send(int tag, String request) {
    timers[tag] = loop.schedule(() -> finish(tag, true), timeoutNanos);
    lines.line("ATC_INV " + tag + " " + request);
  }

  /**
   * The harness completed a request; false if none that anybody waits for has that tag. The tag of
   * one that was given up is free again.
   */
  boolean complete(int tag) {
    if ((owed >>> tag & 1) != 0) {
      owed &= ~(1 << tag);
      sendWaiting();
      return false;
    }
    Loop.Timer timer = timers[tag];
    if (timer == null) {
      return false;
    }
    timer.cancel();
    finish(tag, false);
    return true;
  }

  /** Power-on: nothing is under way. */
  void reset() {
    for (int tag = 0; tag < AtsCapability.ITAGS; tag++) {
      Loop.Timer timer = timers[tag];
      if (timer != null) {
        timer.cancel();
        timers[tag] = null;
        smmu.atcInvalidationDone(false);
      }
    }
    waiting.forEach(request -> smmu.atcInvalidationDone(false));
    waiting.clear();
    owed = 0;
    nextTag = 0;
  }

  private void finish(int tag, boolean timedOut) {
    timers[tag] = null;
    owed |= timedOut ? 1 << tag : 0;
    smmu.atcInvalidationDone(timedOut);
    if (owed == ALL_TAGS) {
      waiting.forEach(request -> smmu.atcInvalidationDone(true));
      waiting.clear();
    }
    sendWaiting();
  }

  private void sendWaiting() {
    int tag = waiting.isEmpty() ? -1 : freeTag();
    if (tag >= 0) {
      send(tag, waiting.remove());
    }
  }
}
