package org.smmulator.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.bus.wire.ControlCode;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.device.fake.FakeRootComplex;

class AttachedDeviceTest {
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
    try (Bench bench = Bench.withAts()) {
      bench.root.map(Bench.PASID, Bench.VA, 0x1000, 12, Bench.RW);
      bench.write(Bench.PASID, Bench.VA);

      bench.device.detach();
      bench.root.awaitClosed();

      assertThat(bench.model.calls).containsExactly("stop");
      assertThat(bench.root.lastControl()).isEqualTo(ControlCode.DETACH);
      assertThat(bench.root.statistics()[DeviceCounter.ATC_MISSES.slot()]).isEqualTo(1);
      assertThat(bench.device.whenClosed()).isDone();
    }
  }

  @Test
  void reportsStatisticsUnasked() throws Exception {
    try (Bench bench = Bench.withAts()) {
      bench.root.map(Bench.PASID, Bench.VA, 0x1000, 12, Bench.RW);
      bench.write(Bench.PASID, Bench.VA);

      bench.root.awaitStatistics(slots -> slots[DeviceCounter.BYTES_WRITTEN.slot()] == 8);
    }
  }

  @Test
  void stopsTheModelWhenTheLinkIsLost() throws Exception {
    try (Bench bench = new Bench()) {
      bench.root.closeLink();

      assertThat(bench.device.whenClosed().join()).contains("the machine stops");
      bench.model.stopped.join();
    }
  }

  @Test
  void recordsTheEventsOfItsAtc(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("atc.txt");
    DeviceOptions options = DeviceOptions.of("test", "test").withAtc(1, 1).withRecord(file);
    try (Bench bench = Bench.withAts(options)) {
      bench.root.map(5, 0x1000, 0x1000, 12, Bench.RW);
      bench.read(5, 0x1000);
      bench.device.detach();
    }

    assertThat(Files.readAllLines(file)).containsExactly("X", "L 5 1 r miss", "F 5 1 12 rw");
  }
}
