package org.smmulator.qtest;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.MINUTES;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.SparseMemory;
import org.smmulator.pcie.HotplugBlock;
import org.smmulator.pcie.RootComplex;
import org.smmulator.pcie.RootComplexConfig;
import org.smmulator.pcie.ledger.GrantLedger;
import org.smmulator.pcie.ledger.RecordedViolations;
import org.smmulator.smmu.SilentOutputs;
import org.smmulator.smmu.Smmu;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.time.SteppedHardware;

/** What {@code cpu_tlbi} does while an access is under way that was translated before. */
class CpuMaintenanceTest {
  private static final long RAM = 0x4000_0000L;
  private static final int RAM_BYTES = 1 << 20;

  private final EventLoopGroup threads =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final SteppedHardware hardware = SteppedHardware.onVirtualTime(threads.next());
  private final AddressMap map = AddressMap.of(new SparseMemory(RAM, RAM_BYTES), msi -> {});
  private final Smmu smmu = new Smmu(SmmuFeatures.defaults(), map, new SilentOutputs());
  private final AtomicLong access = new AtomicLong();

  @BeforeEach
  void beginAnAccess() {
    hardware.run(
        () -> {
          smmu.writeRegister(SmmuRegister.CR2.offset(), 4, 0); // PTM: broadcasts are heard
          access.set(smmu.accessBegins());
        });
  }

  @AfterEach
  void stop() {
    threads.shutdownGracefully(0, 5, SECONDS).awaitUninterruptibly();
  }

  private CpuMaintenance cpus(long patienceNanos) {
    RecordedViolations violations = new RecordedViolations();
    RootComplex root =
        new RootComplex(
            hardware.loop(),
            smmu,
            map,
            RootComplexConfig.defaults(),
            new GrantLedger(hardware.loop(), violations, RAM, RAM_BYTES),
            violations,
            new HotplugBlock(() -> {}));
    return new CpuMaintenance(
        new HarnessMachine(
            hardware,
            map,
            smmu,
            Set.of(),
            root,
            () -> {},
            patienceNanos,
            0,
            question -> List.of()));
  }

  @Test
  void isAnsweredWhenTheAccessIsOver() throws Exception {
    CpuMaintenance cpus = cpus(MINUTES.toNanos(4));
    CompletableFuture<String> answer =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return cpus.invalidate(new Words("cpu_tlbi - -"));
              } catch (CommandException e) {
                return e.answer();
              }
            },
            task -> new Thread(task).start());
    assertThat(answer).isNotDone();
    hardware.run(() -> smmu.accessEnds(access.get()));
    assertThat(answer.get(4, MINUTES)).isEqualTo("OK");
  }

  @Test
  void failsWhenTheAccessTakesTooLongAndCanBeRepeated() throws Exception {
    CpuMaintenance cpus = cpus(MILLISECONDS.toNanos(1));
    assertThatThrownBy(() -> cpus.invalidate(new Words("cpu_tlbi - -")))
        .hasMessageStartingWith("FAIL nothing is cached any more, but a device has not answered")
        .hasMessageEndingWith("repeat the command to wait for it");
    hardware.run(() -> smmu.accessEnds(access.get()));
    assertThat(cpus.invalidate(new Words("cpu_tlbi - -"))).isEqualTo("OK");
  }
}
