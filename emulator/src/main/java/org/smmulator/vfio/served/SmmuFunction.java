package org.smmulator.vfio.served;

import org.smmulator.arch.port.MemoryMap;
import org.smmulator.bus.pcie.ConfigHeader;
import org.smmulator.execution.Loop;
import org.smmulator.pcie.RootComplex;
import org.smmulator.smmu.Smmu;
import org.smmulator.vfio.ServedFunction;
import org.smmulator.vfio.VfioClient;

/**
 * The SMMU as a function: BAR 0 are both of its register pages. Who has it gets the interrupts, and
 * its reset is that of the SMMU.
 */
final class SmmuFunction implements ServedFunction {
  private static final int BAR_BYTES = (int) MemoryMap.SMMU_BYTES;

  private final Loop loop;
  private final Smmu smmu;
  private final RootComplex root;
  private final InterruptMessages interrupts;
  private final SharedRam ram;
  private final SmmuConfiguration configuration = new SmmuConfiguration(BAR_BYTES);

  SmmuFunction(
      Loop loop, Smmu smmu, RootComplex root, InterruptMessages interrupts, SharedRam ram) {
    this.loop = loop;
    this.smmu = smmu;
    this.root = root;
    this.interrupts = interrupts;
    this.ram = ram;
  }

  @Override
  public String name() {
    return "the SMMU";
  }

  @Override
  public long regionBytes(int region) {
    return region == 0 ? BAR_BYTES : region == CONFIGURATION ? ConfigHeader.BYTES : 0;
  }

  @Override
  public void read(int region, long offset, int bytes, Answer answer) {
    if (region == CONFIGURATION) {
      answer.done(configuration.read((int) offset, bytes));
      return;
    }
    AccessParts parts = new AccessParts(offset, bytes, Long.BYTES, Integer.BYTES);
    loop.execute(
        () -> parts.read((at, width, end) -> end.done(smmu.readRegister((int) at, width)), answer));
  }

  @Override
  public void write(int region, long offset, byte[] data, Answer answer) {
    if (region == CONFIGURATION) {
      configuration.write((int) offset, data);
      answer.done(new byte[0]);
      return;
    }
    AccessParts parts = new AccessParts(offset, data.length, Long.BYTES, Integer.BYTES);
    loop.execute(
        () ->
            parts.write(
                data,
                (at, width, value, end) -> {
                  smmu.writeRegister((int) at, width, value);
                  end.done(true);
                },
                answer));
  }

  @Override
  public void reset(Runnable done) {
    loop.execute(
        () -> {
          configuration.reset();
          root.powerOn();
          smmu.reset();
          done.run();
        });
  }

  @Override
  public void taken(VfioClient client) {
    interrupts.sendTo(client);
  }

  @Override
  public String mapped(long address, long bytes) {
    return ram.compare(address, bytes);
  }

  @Override
  public void left() {
    interrupts.sendTo(null);
  }
}
