package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.bus.wire.ControlCode;
import org.smmulator.device.AttachedDevice;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceOptions;
import org.smmulator.device.model.edu.EduDevice;
import org.smmulator.device.model.testdev.IommuTestDevice;
import org.smmulator.execution.SteppedLoop;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.SparseMemory;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.pcie.HotplugBlock;
import org.smmulator.pcie.MemoryWindows;
import org.smmulator.pcie.MinimalGuest;
import org.smmulator.pcie.RootComplex;
import org.smmulator.pcie.RootComplexConfig;
import org.smmulator.pcie.ledger.GrantLedger;
import org.smmulator.pcie.ledger.RecordedViolations;
import org.smmulator.smmu.SilentOutputs;
import org.smmulator.smmu.Smmu;
import org.smmulator.smmu.feature.SmmuFeatures;

/** Root complex, SMMU, memory and devices on one loop of virtual time; the test is the software. */
class InProcessDevicesTest {
  private static final int EDU = 0x20;
  private static final int TESTDEV = 0x28;
  private static final long EDU_BAR = MemoryMap.PCIE_MMIO32;
  private static final long TESTDEV_BAR = MemoryMap.PCIE_MMIO32 + 0x10_0000;
  private static final int PEER = 0x30;
  private static final long PEER_BAR = MemoryMap.PCIE_MMIO32 + 0x20_0000;
  private static final long IOVA = 0x0AB0_0000L;
  private static final long MILLI = 1_000_000L;

  private final SteppedLoop loop = new SteppedLoop(() -> {});
  private final List<Integer> msis = new ArrayList<>();
  private final List<String> lines = new ArrayList<>();
  private final AddressMap bus =
      AddressMap.of(new SparseMemory(MinimalGuest.RAM, MinimalGuest.RAM_BYTES), msis::add);
  private final Smmu smmu = new Smmu(SmmuFeatures.defaults(), bus, new SilentOutputs());
  private final RootComplex root;
  private final MinimalGuest guest = new MinimalGuest(bus, smmu);
  private final InProcessDevices devices;

  InProcessDevicesTest() {
    RecordedViolations violations = new RecordedViolations();
    RootComplexConfig config = RootComplexConfig.defaults();
    root =
        new RootComplex(
            loop,
            smmu,
            bus,
            config,
            new GrantLedger(loop, violations, MinimalGuest.RAM, MinimalGuest.RAM_BYTES),
            violations,
            new HotplugBlock(() -> {}));
    MemoryWindows.add(bus, root);
    root.pins().connect((line, asserted) -> lines.add(line + (asserted ? " up" : " down")));
    devices = new InProcessDevices(root, bus, loop, config.linkLimits());
  }

  private void step(Runnable step) {
    loop.execute(step);
    loop.runUntilIdle();
  }

  private AttachedDevice plug(DeviceModel model, int requesterId, long bar) throws IOException {
    DeviceOptions options = DeviceOptions.of("test", "test").withRequesterId(requesterId);
    AttachedDevice device = devices.plug(model, options);
    loop.runUntilIdle();
    configWrite(requesterId, 0x10, bar);
    configWrite(requesterId, 0x04, 0b110);
    return device;
  }

  private void configWrite(int requesterId, int register, long value) {
    step(() -> root.configWrite(requesterId, register, 4, value, () -> {}));
  }

  private void write(long pa, int bytes, long value) {
    step(() -> root.memoryWrite(pa, bytes, value));
  }

  private long read(long pa, int bytes) {
    AtomicLong value = new AtomicLong(-2);
    step(() -> root.memoryRead(pa, bytes, (response, read) -> value.set(read)));
    return value.get();
  }

  private void transfer(long source, long destination, long count, int command) {
    write(EDU_BAR + 0x80, 8, source);
    write(EDU_BAR + 0x88, 8, destination);
    write(EDU_BAR + 0x90, 8, count);
    write(EDU_BAR + 0x98, 4, command);
  }

  private byte[] memory(long pa, int bytes) throws BusAbort {
    byte[] content = new byte[bytes];
    bus.read(pa, content, 0, bytes);
    return content;
  }

  @Test
  void eduMovesDataBothWaysThroughTheSmmuWhenVirtualTimeSaysSo() throws Exception {
    AttachedDevice device = plug(new EduDevice(EduDevice.DEFAULT_DMA_MASK), EDU, EDU_BAR);
    assertThat(device.whenAttached()).isCompletedWithValue(EDU);
    long table = guest.translatingStream(EDU);
    long from = guest.allocate(8192);
    long to = guest.allocate(4096);
    guest.map(table, IOVA, from + 4096, false);
    guest.map(table, IOVA + 4096, from, false);
    guest.map(table, IOVA + 8192, to, true);
    byte[] content = new byte[3000];
    new Random(5).nextBytes(content);
    bus.write(from + 4096 + 2096, content, 0, 2000);
    bus.write(from, content, 2000, 1000);

    transfer(IOVA + 2096, 0x40000, 3000, 1);
    loop.advanceTo(loop.nanoTime() + 100 * MILLI - 1);
    assertThat(read(EDU_BAR + 0x98, 4)).as("one nanosecond too early").isEqualTo(1);
    loop.advanceTo(loop.nanoTime() + 1);
    assertThat(read(EDU_BAR + 0x98, 4)).isZero();
    transfer(0x40000, IOVA + 8192 + 5, 3000, 3);
    loop.advanceTo(loop.nanoTime() + 100 * MILLI);

    assertThat(memory(to + 5, 3000)).isEqualTo(content);
  }

  @Test
  void eduMovesTheRegistersOfAnotherOneWithDmaOfItsOwn() throws Exception {
    plug(new EduDevice(EduDevice.DEFAULT_DMA_MASK), EDU, EDU_BAR);
    plug(new EduDevice(EduDevice.DEFAULT_DMA_MASK), PEER, PEER_BAR);
    guest.map(guest.translatingStream(EDU), IOVA, PEER_BAR, true);
    for (int register = 0x80; register <= 0x90; register += 8) {
      write(PEER_BAR + register, 8, register * 0x0101_0101_0101L);
    }

    transfer(IOVA + 0x80, 0x40000, 24, 1);
    loop.advanceTo(loop.nanoTime() + 100 * MILLI);
    assertThat(root.counted(EDU, FunctionCounter.PEER_BYTES_READ)).isEqualTo(24);
    transfer(0x40000 + 8, IOVA + 0x80, 16, 3);
    loop.advanceTo(loop.nanoTime() + 100 * MILLI);

    assertThat(read(PEER_BAR + 0x80, 8)).isEqualTo(0x88 * 0x0101_0101_0101L);
    assertThat(read(PEER_BAR + 0x88, 8)).isEqualTo(0x90 * 0x0101_0101_0101L);
  }

  @Test
  void theNextDeadlineOfAnIdleMachineIsTheDevices() throws Exception {
    plug(new EduDevice(EduDevice.DEFAULT_DMA_MASK), EDU, EDU_BAR);
    loop.advanceTo(3600_000 * MILLI);
    long before = loop.nanoTime();

    transfer(IOVA, 0x40000, 1, 1);
    while (read(EDU_BAR + 0x98, 4) == 1) {
      loop.advanceToNextDeadline();
    }

    assertThat(loop.nanoTime() - before).isEqualTo(100 * MILLI);
  }

  /** Resets a device as the port above it does. */
  private void reset(AttachedDevice device) {
    step(() -> device.handler().control(ControlCode.RESET));
  }

  @Test
  void aResetTakesBackTheTransferThatWaits() throws Exception {
    AttachedDevice device = plug(new EduDevice(-1), EDU, EDU_BAR);
    guest.map(guest.translatingStream(EDU), IOVA, guest.allocate(4096), true);
    transfer(IOVA, 0x40000, 1, 1);
    loop.advanceTo(loop.nanoTime() + 50 * MILLI);

    reset(device);
    configWrite(EDU, 0x10, EDU_BAR);
    configWrite(EDU, 0x04, 0b110);
    transfer(IOVA, 0x40000, 1, 1);
    loop.advanceTo(loop.nanoTime() + 100 * MILLI - 1);
    assertThat(read(EDU_BAR + 0x98, 4)).as("the second one is under way").isEqualTo(1);
    loop.advanceTo(loop.nanoTime() + 1);

    assertThat(read(EDU_BAR + 0x98, 4)).isZero();
    assertThat(root.counted(EDU, FunctionCounter.BYTES_READ)).isEqualTo(1);
  }

  @Test
  void eduReadsNothingThatTheSmmuRefuses() throws Exception {
    plug(new EduDevice(EduDevice.DEFAULT_DMA_MASK), EDU, EDU_BAR);
    long table = guest.translatingStream(EDU);
    long to = guest.allocate(4096);
    guest.map(table, IOVA, to, true);
    bus.write(to, new byte[] {1, 2, 3, 4}, 0, 4);

    transfer(IOVA, 0x40000, 4, 1);
    loop.advanceTo(loop.nanoTime() + 100 * MILLI);
    transfer(IOVA + 4096, 0x40000, 2, 1);
    loop.advanceTo(loop.nanoTime() + 100 * MILLI);
    transfer(0x40000, IOVA + 16, 4, 3);
    loop.advanceTo(loop.nanoTime() + 100 * MILLI);

    assertThat(memory(to + 16, 4)).containsExactly(0, 0, 3, 4);
    assertThat(smmu.counters().events().values().stream().mapToLong(Long::longValue).sum())
        .as("events recorded")
        .isEqualTo(1);
  }

  @Test
  void eduSendsMessagesOrHoldsItsLine() throws Exception {
    plug(new EduDevice(EduDevice.DEFAULT_DMA_MASK), EDU, EDU_BAR);
    long table = guest.translatingStream(EDU);
    guest.map(table, MemoryMap.MSI_FRAME, MemoryMap.MSI_FRAME, true);

    write(EDU_BAR + 0x60, 4, 1);
    write(EDU_BAR + 0x64, 4, 1);
    configWrite(EDU, 0x84, MemoryMap.MSI_SETSPI);
    configWrite(EDU, 0x8C, MemoryMap.MSI_FIRST_INTID + 3);
    configWrite(EDU, 0x80, 1 << 16);
    write(EDU_BAR + 0x60, 4, 1);

    assertThat(lines).containsExactly("0 up", "0 down");
    assertThat(msis).containsExactly(MemoryMap.MSI_FIRST_INTID + 3);
  }

  @Test
  void functionsShareALineUntilTheLastOneLetsGoOrIsGone() throws Exception {
    plug(new EduDevice(0), EDU, EDU_BAR);
    plug(new EduDevice(0), EDU + 0x20, EDU_BAR + 0x10_0000);
    plug(new EduDevice(0), EDU + 0x08, EDU_BAR + 0x20_0000);

    write(EDU_BAR + 0x60, 4, 1);
    write(EDU_BAR + 0x10_0060, 4, 1);
    write(EDU_BAR + 0x20_0060, 4, 1);
    write(EDU_BAR + 0x64, 4, 1);
    assertThat(lines).containsExactly("0 up", "1 up");
    step(root::shutdown);

    assertThat(lines).containsExactlyInAnyOrder("0 up", "1 up", "0 down", "1 down");
  }

  private long trigger(long iova, long physical) {
    write(TESTDEV_BAR + 0x04, 4, iova);
    write(TESTDEV_BAR + 0x08, 4, iova >>> 32);
    write(TESTDEV_BAR + 0x1C, 4, physical);
    write(TESTDEV_BAR + 0x20, 4, physical >>> 32);
    write(TESTDEV_BAR + 0x18, 4, 0x2);
    write(TESTDEV_BAR + 0x0C, 4, 8);
    write(TESTDEV_BAR + 0x14, 4, 1);
    assertThat(read(TESTDEV_BAR, 4)).isZero();
    return read(TESTDEV_BAR + 0x10, 4);
  }

  @Test
  void theTestDeviceTellsWhatBecameOfEachAccess() throws Exception {
    plug(new IommuTestDevice(devices.systemMemory(TESTDEV)), TESTDEV, TESTDEV_BAR);
    long table = guest.translatingStream(TESTDEV);
    long page = guest.allocate(4096);
    guest.map(table, IOVA, page, true);
    guest.map(table, IOVA + 8192, page, false);

    assertThat(trigger(IOVA + 0x20, page + 0x20)).as("success").isZero();
    assertThat(memory(page + 0x20, 8))
        .containsExactly(0x78, 0x56, 0x34, 0x12, 0x78, 0x56, 0x34, 0x12);
    assertThat(trigger(IOVA + 4096, page)).as("not mapped").isEqualTo(0xDEAD_0002L);
    assertThat(trigger(IOVA + 8192, page)).as("read-only").isEqualTo(0xDEAD_0002L);
    assertThat(trigger(IOVA + 4092, page)).as("half mapped").isEqualTo(0xDEAD_0002L);
    assertThat(trigger(IOVA, page)).as("success after a failure").isZero();
    assertThat(trigger(IOVA, page + 0x100)).as("elsewhere").isEqualTo(0xDEAD_0004L);
    assertThat(trigger(IOVA, 0x1000)).as("no memory").isEqualTo(0xDEAD_0003L);
  }

  private static long hostileValue(Random random, long[] interesting) {
    return switch (random.nextInt(3)) {
      case 0 -> random.nextLong();
      case 1 -> random.nextInt(16);
      default -> interesting[random.nextInt(interesting.length)] + random.nextInt(3) - 1;
    };
  }

  @Test
  void hostileAccessesDoNotDisturbMemoryThatTheTablesDoNotGrant() throws Exception {
    long seed = Long.getLong("smmulator.seed", System.nanoTime());
    System.out.println("smmulator.seed=" + seed);
    Random random = new Random(seed);
    plug(new EduDevice(-1), EDU, EDU_BAR);
    plug(new IommuTestDevice(devices.systemMemory(TESTDEV)), TESTDEV, TESTDEV_BAR);
    long page = guest.allocate(8192);
    guest.map(guest.translatingStream(EDU), IOVA, page, true);
    guest.map(guest.translatingStream(TESTDEV), IOVA, page, true);
    long free = guest.allocate(4096);
    long[] interesting = {0, IOVA, page, 0x40000, 0x41000, 4096, -1, Integer.MIN_VALUE};

    for (int step = 0; step < 5_000; step++) {
      long bar = random.nextBoolean() ? EDU_BAR : TESTDEV_BAR;
      int bytes = 1 << random.nextInt(4);
      long offset = (random.nextInt(8) == 0 ? random.nextInt(4096) : random.nextInt(0xA0)) & -bytes;
      if (random.nextInt(4) == 0) {
        read(bar + offset, bytes);
      } else {
        write(bar + offset, bytes, hostileValue(random, interesting));
      }
      loop.advanceTo(loop.nanoTime() + random.nextInt(10) * 10L * MILLI);
    }

    loop.advanceTo(loop.nanoTime() + 200 * MILLI);
    assertThat(read(EDU_BAR, 4)).isEqualTo(0x0100_00EDL);
    assertThat(trigger(IOVA, page)).as("the test device still works").isZero();
    assertThat(memory(page + 4096, 4096)).as("behind the granted page").containsOnly(0);
    assertThat(memory(free, 4096)).containsOnly(0);
  }
}
