package org.smmulator.machine;

import java.util.function.IntPredicate;
import org.smmulator.arch.port.Mmio;
import org.smmulator.pcie.RootComplex;

/** The ECAM window: each access is a configuration request to a function, answered or timed out. */
final class ConfigMmio implements Mmio {
  private final HardwareCalls hardware;
  private final RootComplex rootComplex;

  ConfigMmio(HardwareCalls hardware, RootComplex rootComplex) {
    this.hardware = hardware;
    this.rootComplex = rootComplex;
  }

  @Override
  public long read(long offset, int sizeBytes) {
    int function = (int) (offset >>> 12);
    int register = (int) offset & 0xfff;
    return hardware.await(answer -> rootComplex.configRead(function, register, sizeBytes, answer));
  }

  /** Configuration writes are not posted: the caller waits until the function has answered. */
  @Override
  public void write(long offset, int sizeBytes, long value) {
    int function = (int) (offset >>> 12);
    int register = (int) offset & 0xfff;
    hardware.await(
        answer ->
            rootComplex.configWrite(function, register, sizeBytes, value, () -> answer.accept(0)));
  }

  @Override
  public boolean awaitChange(long offset, IntPredicate until, long deadlineNanos) {
    throw new UnsupportedOperationException("configuration space does not announce its changes");
  }
}
