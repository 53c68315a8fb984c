package org.smmulator.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.bus.wire.ControlCode;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.device.fake.FakeRootComplex;

@Timeout(240)
class AttachedDeviceTest {
  /** ATS enabled, and a read that misses. */
  private static final List<String> ONE_READ = List.of("X", "L 5 1 r miss", "F 5 1 12 rw");

  @Test
  void tellsTheRootComplexsWordsWhenItIsRefused() throws Exception {
    try (FakeRootComplex root = new FakeRootComplex(4096)) {
      root.refuse("00:01.0 is taken");
      AttachedDevice device = root.attach(new RegisterModel(), DeviceOptions.of("test", "late"));

      assertThatThrownBy(() -> device.whenAttached().join())
          .isInstanceOf(CompletionException.class)
          .hasRootCauseMessage("00:01.0 is taken");
      assertThat(device.whenClosed().join()).isEqualTo("00:01.0 is taken");
    }
  }

  @Test
  void stopsTheModelReportsAndSaysGoodByeWhenDetached() throws Exception {
    try (DeviceBench bench = DeviceBench.withAts()) {
      bench.root.map(DeviceBench.PASID, DeviceBench.VA, 0x1000, 12, DeviceBench.RW);
      bench.write(DeviceBench.PASID, DeviceBench.VA);

      bench.device.detach();
      bench.root.awaitClosed();

      assertThat(bench.model.calls).containsExactly("stop");
      assertThat(bench.root.lastControl()).isEqualTo(ControlCode.DETACH);
      assertThat(bench.root.statistics()[DeviceCounter.ATC_MISSES.statsSlot()]).isEqualTo(1);
      assertThat(bench.device.whenClosed()).isDone();
    }
  }

  @Test
  void theStatisticsOfAFakeAreZeroBeforeTheFirstReport() throws Exception {
    try (FakeRootComplex root = new FakeRootComplex(4096)) {
      assertThat(root.statistics()).hasSize(DeviceCounter.SLOTS).containsOnly(0);
    }
  }

  @Test
  void reportsStatisticsUnasked() throws Exception {
    try (DeviceBench bench = DeviceBench.withAts()) {
      bench.root.map(DeviceBench.PASID, DeviceBench.VA, 0x1000, 12, DeviceBench.RW);
      bench.write(DeviceBench.PASID, DeviceBench.VA);

      bench.root.awaitStatistics(slots -> slots[DeviceCounter.BYTES_WRITTEN.statsSlot()] == 8);
    }
  }

  @Test
  void stopsTheModelWhenTheLinkIsLost() throws Exception {
    try (DeviceBench bench = new DeviceBench()) {
      bench.root.closeLink();

      assertThat(bench.device.whenClosed().join()).contains("the machine stops");
      bench.model.stopped.join();
    }
  }

  @Test
  void recordsTheEventsOfItsAtc(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("atc.txt");
    DeviceOptions options = DeviceOptions.of("test", "test").withAtc(1, 1).withRecord(file);
    try (DeviceBench bench = DeviceBench.withAts(options)) {
      bench.root.map(5, 0x1000, 0x1000, 12, DeviceBench.RW);
      bench.read(5, 0x1000);
      bench.device.detach();
    }

    assertThat(Files.readAllLines(file)).isEqualTo(ONE_READ);
  }

  @Test
  void theRecordIsWholeWhenTheLinkIsLost(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("atc.txt");
    DeviceOptions options = DeviceOptions.of("test", "test").withAtc(1, 1).withRecord(file);
    try (DeviceBench bench = DeviceBench.withAts(options)) {
      bench.root.map(5, 0x1000, 0x1000, 12, DeviceBench.RW);
      bench.read(5, 0x1000);
      bench.root.closeLink();
      bench.device.whenClosed().join();

      assertThat(Files.readAllLines(file)).isEqualTo(ONE_READ);
    }
  }

  @Test
  void aRecordThatCannotBeWrittenEndsAndTheDeviceGoesOn() throws Exception {
    Path full = Path.of("/dev/full");
    Assumptions.assumeTrue(Files.exists(full), "there is no /dev/full, a disk without room");
    DeviceOptions options = DeviceOptions.of("test", "test").withAtc(1, 1).withRecord(full);
    try (DeviceBench bench = DeviceBench.withAts(options)) {
      bench.root.map(5, 0x2000, 0x2000, 13, DeviceBench.RW);
      for (int i = 0; i < 5000; i++) {
        assertThat(bench.read(5, 0x2000 + (i & 1) * 0x1000)).isNull();
      }
      bench.device.detach();
      assertThat(bench.device.whenClosed().join()).isEqualTo("detached");
    }
  }
}
