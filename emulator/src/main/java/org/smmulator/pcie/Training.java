package org.smmulator.pcie;

import org.jspecify.annotations.Nullable;
import org.smmulator.execution.Loop;
import org.smmulator.execution.Loop.Timer;

/**
 * What firmware does before software looks: reads who the function is, sizes its BARs and leaves
 * them at zero, and walks its capabilities for what the root complex must know. One request at a
 * time; whatever the function answers or does not, it ends.
 */
final class Training {
  /** Configuration space of the function in training. */
  interface ConfigAccess {
    void read(int register, Reply reply);

    void write(int register, int value, Reply reply);
  }

  /** The end of one request. */
  @FunctionalInterface
  interface Reply {
    void done(boolean successful, int value);
  }

  /** The next step, given what a register holds. */
  @FunctionalInterface
  private interface Step {
    void with(int value);
  }

  /** Told once how it ended. */
  interface Outcome {
    void trained();

    /** The function is none that software can use. */
    void failed(String reason);

    /** The function, or the computer that it runs on, is too slow. */
    void late(String reason);
  }

  private static final int CAPABILITY_POINTER = 0x34;
  private static final int EXTENDED = 0x100;

  /** Where a capability of 16 bytes may begin at the latest. */
  private static final int LAST_EXTENDED = 0xff0;

  private static final int MAX_CAPABILITIES = 64;
  private static final int EXPRESS_ID = 0x10;
  private static final int ATS_ID = 0x000F;
  private static final int PRI_ID = 0x0013;
  private static final int PASID_ID = 0x001B;
  private static final int RESPONSE_NEEDS_PASID = 1 << 31;
  private static final long LARGEST_BAR = 1L << 39;

  private final ConfigAccess access;
  private final FunctionConfig config;
  private final Outcome outcome;
  private int capabilitiesLeft = MAX_CAPABILITIES;
  private String now = "";
  private boolean ended;
  private @Nullable Timer timer;

  Training(ConfigAccess access, FunctionConfig config, Outcome outcome) {
    this.access = access;
    this.config = config;
    this.outcome = outcome;
  }

  /**
   * @param timeoutNanos for all of it
   */
  void start(Loop loop, long timeoutNanos) {
    timer = loop.schedule(() -> late(timeoutNanos / 1_000_000), timeoutNanos);
    read(
        0,
        id -> {
          config.vendorId = id & 0xffff;
          config.deviceId = id >>> 16;
          if (config.vendorId == 0xffff) {
            failed("no function answers: its vendor ID reads as ffff");
          } else {
            sizeBar(0);
          }
        });
  }

  private void read(int register, Step next) {
    now = String.format("configuration read of 0x%03x", register);
    access.read(register, (successful, value) -> answered(successful, () -> next.with(value)));
  }

  private void write(int register, int value, Runnable next) {
    now = String.format("configuration write of 0x%03x", register);
    access.write(register, value, (successful, ignored) -> answered(successful, next));
  }

  private void answered(boolean successful, Runnable next) {
    if (ended) {
      return;
    }
    if (successful) {
      next.run();
    } else {
      failed("no good answer to a " + now);
    }
  }

  private void failed(String reason) {
    end();
    outcome.failed(reason);
  }

  private void trained() {
    end();
    outcome.trained();
  }

  private void late(long millis) {
    if (!ended) {
      ended = true;
      outcome.late("no answer to a " + now + ": not trained within " + millis + " ms");
    }
  }

  /** The link is gone, or training is over. */
  void end() {
    ended = true;
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void sizeBar(int index) {
    if (index >= FunctionConfig.BARS) {
      read(CAPABILITY_POINTER, pointer -> capability(pointer & 0xfc));
      return;
    }
    probe(
        index,
        low -> {
          boolean wide = (low & 0b111) == 0b100;
          if (wide && index + 1 < FunctionConfig.BARS) {
            probe(index + 1, high -> sized(index, low, high, true));
          } else {
            sized(index, low, -1, false);
          }
        });
  }

  /** Writes all ones, reads back, writes zero. */
  private void probe(int index, Step next) {
    int register = FunctionConfig.BAR0 + 4 * index;
    write(register, -1, () -> read(register, value -> write(register, 0, () -> next.with(value))));
  }

  private void sized(int index, int low, int high, boolean wide) {
    boolean ioSpace = (low & 1) != 0;
    int addressBits = low & ~0xf;
    if (!ioSpace && (addressBits != 0 || (wide && high != 0))) {
      long bytes = -(((long) high << 32) | (addressBits & 0xFFFF_FFFFL));
      if (Long.bitCount(bytes) != 1 || bytes < 0 || bytes > LARGEST_BAR) {
        failed("BAR " + index + " has no size that is a power of two up to 2^39");
        return;
      }
      config.setBar(index, bytes, wide);
    }
    sizeBar(index + (wide ? 2 : 1));
  }

  private void capability(int offset) {
    if (offset < 0x40 || capabilitiesLeft-- == 0) {
      capabilitiesLeft = MAX_CAPABILITIES;
      read(EXTENDED, header -> extended(EXTENDED, header));
      return;
    }
    read(
        offset,
        header -> {
          int next = (header >>> 8) & 0xfc;
          if ((header & 0xff) == EXPRESS_ID) {
            config.express = offset;
            config.initial(offset, header);
            initial(offset + 4, () -> initial(offset + 8, () -> capability(next)));
          } else {
            capability(next);
          }
        });
  }

  private void extended(int offset, int header) {
    int next = (header >>> 20) & 0xffc;
    if (offset > LAST_EXTENDED) {
      failed("an extended capability begins at the end of configuration space");
      return;
    }
    Runnable goOn =
        () -> {
          if (next < EXTENDED || capabilitiesLeft-- == 0) {
            trained();
          } else {
            read(next, following -> extended(next, following));
          }
        };
    switch (header & 0xffff) {
      case ATS_ID -> ats(offset, goOn);
      case PRI_ID -> pri(offset, goOn);
      case PASID_ID -> {
        config.pasid = offset;
        initial(offset + 4, goOn);
      }
      default -> goOn.run();
    }
  }

  private void ats(int offset, Runnable next) {
    config.ats = offset;
    read(
        offset + 4,
        capability -> {
          int depth = capability & 0x1f;
          config.invalidateQueueDepth = depth == 0 ? 32 : depth;
          config.initial(offset + 4, capability);
          next.run();
        });
  }

  private void pri(int offset, Runnable next) {
    config.pri = offset;
    read(
        offset + 4,
        statusAndControl -> {
          config.responseNeedsPasid = (statusAndControl & RESPONSE_NEEDS_PASID) != 0;
          config.initial(offset + 4, statusAndControl);
          initial(offset + 0xC, next);
        });
  }

  private void initial(int register, Runnable next) {
    read(
        register,
        value -> {
          config.initial(register, value);
          next.run();
        });
  }
}
