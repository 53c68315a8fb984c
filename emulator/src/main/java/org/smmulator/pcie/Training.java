package org.smmulator.pcie;

import org.jspecify.annotations.Nullable;
import org.smmulator.bus.pcie.AtsCapability;
import org.smmulator.bus.pcie.ConfigHeader;
import org.smmulator.bus.pcie.ExpressCapability;
import org.smmulator.bus.pcie.PasidCapability;
import org.smmulator.bus.pcie.PriCapability;
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
    void failed(ProtocolRule broken, String reason);

    /** The function, or the computer that it runs on, is too slow. */
    void late(String reason);
  }

  /** Where a capability of 16 bytes may begin at the latest. */
  private static final int LAST_EXTENDED = ConfigHeader.BYTES - 16;

  private static final int FIRST_CAPABILITY = 0x40;
  private static final int MAX_CAPABILITIES = 64;
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
        ConfigHeader.IDENTITY,
        id -> {
          config.vendorId = id & 0xffff;
          config.deviceId = id >>> 16;
          if (config.vendorId == 0xffff) {
            failed(ProtocolRule.VENDOR_ID, "no function answers: its vendor ID reads as ffff");
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
      failed(ProtocolRule.TRAINING_ANSWER, "no good answer to a " + now);
    }
  }

  private void failed(ProtocolRule broken, String reason) {
    end();
    outcome.failed(broken, reason);
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
    if (index >= ConfigHeader.BARS) {
      read(ConfigHeader.CAPABILITIES, pointer -> capability(ConfigHeader.firstCapability(pointer)));
      return;
    }
    probe(
        index,
        low -> {
          boolean wide = (low & 0b111) == ConfigHeader.BAR_64_BIT;
          if (wide && index + 1 < ConfigHeader.BARS) {
            probe(index + 1, high -> sized(index, low, high, true));
          } else {
            sized(index, low, -1, false);
          }
        });
  }

  /** Writes all ones, reads back, writes zero. */
  private void probe(int index, Step next) {
    int register = ConfigHeader.BAR0 + 4 * index;
    write(register, -1, () -> read(register, value -> write(register, 0, () -> next.with(value))));
  }

  private void sized(int index, int low, int high, boolean wide) {
    boolean ioSpace = (low & ConfigHeader.BAR_IO) != 0;
    int addressBits = low & ConfigHeader.BAR_ADDRESS;
    if (!ioSpace && (addressBits != 0 || (wide && high != 0))) {
      long bytes = -(((long) high << 32) | (addressBits & 0xFFFF_FFFFL));
      if (Long.bitCount(bytes) != 1 || bytes < 0 || bytes > LARGEST_BAR) {
        failed(
            ProtocolRule.BAR_SIZE,
            "BAR " + index + " has no size that is a power of two up to 2^39");
        return;
      }
      config.setBar(index, bytes, wide);
    }
    sizeBar(index + (wide ? 2 : 1));
  }

  private void capability(int offset) {
    if (offset < FIRST_CAPABILITY || capabilitiesLeft-- == 0) {
      capabilitiesLeft = MAX_CAPABILITIES;
      read(ConfigHeader.EXTENDED, header -> extended(ConfigHeader.EXTENDED, header));
      return;
    }
    read(
        offset,
        header -> {
          int next = ConfigHeader.nextCapability(header);
          if (ConfigHeader.capabilityId(header) == ExpressCapability.ID) {
            config.express = offset;
            config.initial(offset, header);
            initial(
                offset + ExpressCapability.DEVICE_CAPABILITIES,
                () -> initial(offset + ExpressCapability.DEVICE_CONTROL, () -> capability(next)));
          } else {
            capability(next);
          }
        });
  }

  private void extended(int offset, int header) {
    int next = ConfigHeader.nextExtended(header);
    if (offset > LAST_EXTENDED) {
      failed(
          ProtocolRule.EXTENDED_CAPABILITY,
          "an extended capability begins at the end of configuration space");
      return;
    }
    Runnable goOn =
        () -> {
          if (next < ConfigHeader.EXTENDED || capabilitiesLeft-- == 0) {
            trained();
          } else {
            read(next, following -> extended(next, following));
          }
        };
    switch (ConfigHeader.extendedId(header)) {
      case AtsCapability.ID -> ats(offset, goOn);
      case PriCapability.ID -> pri(offset, goOn);
      case PasidCapability.ID -> {
        config.pasid = offset;
        initial(offset + PasidCapability.CONTROL, goOn);
      }
      default -> goOn.run();
    }
  }

  private void ats(int offset, Runnable next) {
    config.ats = offset;
    read(
        offset + AtsCapability.CONTROL,
        capability -> {
          config.invalidateQueueDepth = AtsCapability.queueDepth(capability);
          config.initial(offset + AtsCapability.CONTROL, capability);
          next.run();
        });
  }

  private void pri(int offset, Runnable next) {
    config.pri = offset;
    read(
        offset + PriCapability.CONTROL,
        statusAndControl -> {
          config.responseNeedsPasid = (statusAndControl & PriCapability.RESPONSE_NEEDS_PASID) != 0;
          config.initial(offset + PriCapability.CONTROL, statusAndControl);
          initial(offset + PriCapability.ALLOCATION, next);
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
