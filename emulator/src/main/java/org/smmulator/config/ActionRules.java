package org.smmulator.config;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;

/** What steps need that act on memory or on a device itself. */
final class ActionRules
    implements MemoryStep.Cases<RuntimeException>, DeviceStep.Cases<RuntimeException> {
  private static final int WORD_BYTES = 8;

  private final ScenarioRules rules;
  private final Problems problems;
  private final String path;

  /**
   * @param rules what is so before the step, and after it
   * @param path of the step
   */
  ActionRules(ScenarioRules rules, Problems problems, String path) {
    this.rules = rules;
    this.problems = problems;
    this.path = path;
  }

  @Override
  public void store(MemoryStep.Store step) {
    word(step.process(), step.page(), step.offset());
  }

  @Override
  public void load(MemoryStep.Load step) {
    word(step.process(), step.page(), step.offset());
    if (step.segv() && step.value() != null) {
      problems.add(path + ".segv", "goes without value; remove one of them");
    }
  }

  private void word(String process, int page, int offset) {
    ScenarioState.Guest guest = rules.guest(process, path + ".process");
    if (guest != null && page >= guest.pages()) {
      problems.add(
          path + ".page",
          String.format(
              "page %d is outside the buffer of %s; use 0 to %d, or start %s with more",
              page, process, guest.pages() - 1, process));
    }
    multiple(offset, WORD_BYTES);
  }

  private void multiple(long offset, int bytes) {
    long over = offset % bytes;
    if (over != 0) {
      problems.add(
          path + ".offset",
          String.format("0x%x is not a multiple of %d; use 0x%x", offset, bytes, offset - over));
    }
  }

  @Override
  public void dontNeed(MemoryStep.DontNeed step) {
    rules.range(step.process(), step.page(), step.pages(), path);
  }

  @Override
  public void barRead(DeviceStep.BarRead step) {
    register(step.device(), step.process());
    multiple(step.offset(), step.bytes());
    if (step.value() != null) {
      fits(step.value(), step.bytes());
    }
  }

  @Override
  public void barWrite(DeviceStep.BarWrite step) {
    register(step.device(), step.process());
    multiple(step.offset(), step.bytes());
    fits(step.value(), step.bytes());
  }

  /** A process drives what is attached; the kernel reaches what is there. */
  private void register(PciAddress device, @Nullable String process) {
    if (process == null) {
      rules.present(device, path + ".device");
    } else {
      opened(device, process);
    }
  }

  private void opened(PciAddress device, @Nullable String process) {
    rules.attached(device, path + ".device");
    if (process != null) {
      rules.guest(process, path + ".process");
    }
  }

  private void fits(long value, int bytes) {
    long most = bytes == Long.BYTES ? Long.MAX_VALUE : (1L << (Byte.SIZE * bytes)) - 1;
    if (value > most) {
      problems.add(
          path + ".value",
          String.format(
              "0x%x does not fit into the register (bytes: %d); use 0x%x or less, or more bytes",
              value, bytes, most));
    }
  }

  @Override
  public void awaitInterrupt(DeviceStep.AwaitInterrupt step) {
    opened(step.device(), step.process());
  }

  @Override
  public void reset(DeviceStep.Reset step) {
    if (rules.present(step.device(), path + ".device")) {
      rules.renew(step.device());
    }
  }

  @Override
  public void mmExit(DeviceStep.MmExit step) {
    rules.attached(step.device(), path + ".device");
    if (step.missing() && (step.returns() != 0 || step.sleeps() != 0)) {
      problems.add(path + ".missing", "goes without returns and sleeps; remove them");
    }
  }
}
