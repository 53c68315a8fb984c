package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonTypeName;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;

/** A step that concerns a device itself: its registers, interrupts, reset, and its driver. */
public sealed interface DeviceStep extends Step {
  /** What somebody does for each of them. */
  interface Cases<E extends Exception> {
    void barRead(BarRead step) throws E;

    void barWrite(BarWrite step) throws E;

    void awaitInterrupt(AwaitInterrupt step) throws E;

    void reset(Reset step) throws E;

    void mmExit(MmExit step) throws E;
  }

  /** Id of the device. */
  PciAddress device();

  /** Calls the case of this kind of step. */
  <E extends Exception> void chooseDevice(Cases<E> cases) throws E;

  @Override
  default <E extends Exception> void choose(StepCases<E> cases) throws E {
    cases.device(this);
  }

  /** Reads a register of any device. */
  @JsonTypeName("barRead")
  record BarRead(
      @Key(meaning = "Id of the device.") PciAddress device,
      @Key(
              meaning =
                  "Process that reads, which opens the device if it has not; null: the kernel.",
              nullable = true,
              syntax = Syntax.NAME)
          @Nullable String process,
      @Key(meaning = "Number of the BAR.", fallback = "0", max = 5) int bar,
      @Key(meaning = "Place in the BAR, a multiple of bytes.", unit = "bytes", max = 0xffff_ffffL)
          long offset,
      @Key(
              meaning = "Size of the register.",
              unit = "bytes",
              fallback = "4",
              oneOf = {1, 2, 4, 8})
          int bytes,
      @Key(meaning = "What has to be read; null: anything.", nullable = true, max = Long.MAX_VALUE)
          @Nullable Long value)
      implements DeviceStep {
    @Override
    public <E extends Exception> void chooseDevice(Cases<E> cases) throws E {
      cases.barRead(this);
    }
  }

  /** Writes a register of any device. */
  @JsonTypeName("barWrite")
  record BarWrite(
      @Key(meaning = "Id of the device.") PciAddress device,
      @Key(
              meaning =
                  "Process that writes, which opens the device if it has not; null: the kernel.",
              nullable = true,
              syntax = Syntax.NAME)
          @Nullable String process,
      @Key(meaning = "Number of the BAR.", fallback = "0", max = 5) int bar,
      @Key(meaning = "Place in the BAR, a multiple of bytes.", unit = "bytes", max = 0xffff_ffffL)
          long offset,
      @Key(
              meaning = "Size of the register.",
              unit = "bytes",
              fallback = "4",
              oneOf = {1, 2, 4, 8})
          int bytes,
      @Key(meaning = "What is written.", max = Long.MAX_VALUE) long value)
      implements DeviceStep {
    @Override
    public <E extends Exception> void chooseDevice(Cases<E> cases) throws E {
      cases.barWrite(this);
    }
  }

  /** Waits for an interrupt of any device; it has to come. */
  @JsonTypeName("awaitInterrupt")
  record AwaitInterrupt(
      @Key(meaning = "Id of the device.") PciAddress device,
      @Key(
              meaning =
                  "Process that waits, which opens the device if it has not; null: beside its"
                      + " driver.",
              nullable = true,
              syntax = Syntax.NAME)
          @Nullable String process,
      @Key(meaning = "Number of the vector.", fallback = "0", max = 2047) int vector,
      @Key(
              meaning = "How long to wait for it.",
              unit = "milliseconds",
              fallback = "1000",
              min = 1,
              max = 600_000)
          int millis)
      implements DeviceStep {
    @Override
    public <E extends Exception> void chooseDevice(Cases<E> cases) throws E {
      cases.awaitInterrupt(this);
    }
  }

  /** Resets a device alone and has it driven anew; every process bound to it loses it. */
  @JsonTypeName("reset")
  record Reset(@Key(meaning = "Id of the device.") PciAddress device) implements DeviceStep {
    @Override
    public <E extends Exception> void chooseDevice(Cases<E> cases) throws E {
      cases.reset(this);
    }
  }

  /** What a device's driver does from now on when a process dies that is bound to the device. */
  @JsonTypeName("mmExit")
  record MmExit(
      @Key(meaning = "Id of the device.") PciAddress device,
      @Key(
              meaning =
                  "What its mm_exit returns: 0 once the device has stopped, or an error number, and"
                      + " the device goes on.",
              unit = "errno",
              fallback = "0",
              max = 4095)
          int returns,
      @Key(
              meaning = "How long it sleeps before.",
              unit = "milliseconds",
              fallback = "0",
              max = 600_000)
          int sleeps,
      @Key(meaning = "Whether the driver has no mm_exit at all.", fallback = "false")
          boolean missing)
      implements DeviceStep {
    @Override
    public <E extends Exception> void chooseDevice(Cases<E> cases) throws E {
      cases.mmExit(this);
    }
  }
}
