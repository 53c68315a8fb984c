package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.execution.SteppedLoop;
import org.smmulator.execution.ThreadExecution;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.Region;
import org.smmulator.memory.SparseMemory;
import org.smmulator.pcie.HotplugBlock;
import org.smmulator.pcie.RootComplex;
import org.smmulator.pcie.RootComplexConfig;
import org.smmulator.pcie.ledger.GrantLedger;
import org.smmulator.pcie.ledger.ViolationLog;
import org.smmulator.smmu.SilentOutputs;
import org.smmulator.smmu.Smmu;
import org.smmulator.smmu.feature.SmmuFeatures;

/** What a board puts where, as its CPUs find it and its devices do not. */
class BoardRegionsTest {
  private static final long RAM_BYTES = 1 << 20;

  private final SteppedLoop loop = new SteppedLoop(this::work);
  private final List<Integer> interrupts = new ArrayList<>();
  private final AddressMap map =
      AddressMap.of(new SparseMemory(MemoryMap.RAM, RAM_BYTES), interrupts::add);
  private final Smmu smmu = new Smmu(SmmuFeatures.defaults(), map, new SilentOutputs());
  private final HardwareCalls hardware = new HardwareCalls(loop, new ThreadExecution());
  private final CpuMmio all = new CpuMmio(hardware, map, 0);
  private final CpuMmio configuration = new CpuMmio(hardware, map, MemoryMap.ECAM);

  private void work() {
    loop.runUntilIdle();
  }

  @BeforeEach
  void fill() {
    ViolationLog violations = new ViolationLog(1);
    GrantLedger ledger = new GrantLedger(loop, violations, MemoryMap.RAM, RAM_BYTES);
    HotplugBlock hotPlug = new HotplugBlock(() -> {});
    RootComplexConfig config = RootComplexConfig.defaults();
    RootComplex root = new RootComplex(loop, smmu, map, config, ledger, violations, hotPlug);
    BoardRegions.add(map, smmu, hotPlug, root);
  }

  @Test
  void cpusFindEachRegister() {
    assertThat(all.read32(MemoryMap.SMMU + SmmuRegister.IDR0.offset()))
        .isEqualTo((int) smmu.readRegister(SmmuRegister.IDR0.offset(), 4));
    assertThat(configuration.read32(0)).isEqualTo(0x0008_1b36);
    assertThat(configuration.read(2, 2)).isEqualTo(0x0008);
    assertThat(all.read32(MemoryMap.HOTPLUG + HotplugBlock.EVENT)).isZero();
    all.write32(MemoryMap.HOTPLUG + HotplugBlock.RESET, 0);
    all.write32(MemoryMap.MSI_SETSPI, 90);
    assertThat(interrupts).containsExactly(90);
  }

  @Test
  void whatNobodyAnswersOrIsNotAllowedReadsAsAllOnes() {
    assertThat(all.read(MemoryMap.PCIE_MMIO32, 4)).as("no BAR is there").isEqualTo(0xffff_ffffL);
    assertThat(all.read(MemoryMap.PCIE_MMIO64, 8)).isEqualTo(-1);
    assertThat(configuration.read(8, 2 << 2)).as("too wide").isEqualTo(-1);
    assertThat(all.read(MemoryMap.HOTPLUG + 2, 4)).as("out of line").isEqualTo(0xffff_ffffL);
    assertThat(all.read(0x0600_0000L, 1)).as("a hole").isEqualTo(0xff);
    all.write(0x0600_0000L, 8, 1);
    configuration.write(0, 8, 1);
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        MemoryMap.SMMU,
        MemoryMap.HOTPLUG,
        MemoryMap.ECAM,
        MemoryMap.PCIE_MMIO32,
        MemoryMap.PCIE_MMIO64,
      })
  void theSmmuReachesNoneOfThemAndDevicesEachOtherAlone(long pa) {
    Region region = Objects.requireNonNull(map.find(pa, 4));
    assertThat(region.base()).isEqualTo(pa);
    boolean isOfDevices = pa == MemoryMap.PCIE_MMIO32 || pa == MemoryMap.PCIE_MMIO64;
    assertThat(map.findForDevices(pa, 4)).isEqualTo(isOfDevices ? region : null);
    assertThatThrownBy(() -> map.read(pa, new byte[4], 0, 4)).isSameAs(BusAbort.INSTANCE);
    assertThatThrownBy(() -> map.store32(pa, 1)).isSameAs(BusAbort.INSTANCE);
    assertThatThrownBy(() -> map.load64(pa)).isSameAs(BusAbort.INSTANCE);
  }

  @Test
  void aSecondSmmuIsOneMoreRegion() {
    Smmu second = new Smmu(SmmuFeatures.defaults(), map, new SilentOutputs());
    long base = MemoryMap.SMMU + MemoryMap.SMMU_BYTES;
    assertThatThrownBy(() -> map.add(BoardRegions.smmu(second, base - 4)))
        .hasMessage("the SMMU (0x906fffc to 0x908fffb) overlaps the SMMU (0x9050000 to 0x906ffff)");
    map.add(BoardRegions.smmu(second, base));
    all.write64(base + SmmuRegister.STRTAB_BASE.offset(), MemoryMap.RAM);
    assertThat(second.readRegister(SmmuRegister.STRTAB_BASE.offset(), 8)).isEqualTo(MemoryMap.RAM);
    assertThat(all.read64(MemoryMap.SMMU + SmmuRegister.STRTAB_BASE.offset())).isZero();
  }
}
