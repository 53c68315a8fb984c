package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.machine.ProgramWorld.DEVICE;
import static org.smmulator.machine.ProgramWorld.FOREVER;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.GuestProgram;
import org.smmulator.guest.ProgramRun;
import org.smmulator.guest.pci.generic.DeviceFile;
import org.smmulator.plugin.EchoPlugin;
import org.smmulator.plugin.Plugins;
import org.smmulator.plugin.SaidInLog;

/** Devices of plug-ins on machines: good ones work, bad ones harm themselves alone. */
class PluginDeviceTest {
  private static final PciAddress OTHER = PciAddress.of(0, 5, 0);
  private static final String ECHO =
      "devices:\n  - {id: '00:04.0', model: echo, process: %s, lanes: 7, speed: fast, loud: true}\n";
  private static final long LANES = 1107;
  private static final long ALL_ONES = -1;

  @TempDir private Path folder;
  @TempDir private Path plugins;

  @BeforeEach
  void jars() throws IOException {
    EchoPlugin.good(plugins);
    EchoPlugin.makesNone(plugins);
    Plugins.use(List.of(plugins));
  }

  @AfterEach
  void noPlugins() throws IOException {
    Plugins.use(List.of());
    System.clearProperty("smmulator.pluginSeconds");
    System.clearProperty(EchoPlugin.RELEASE);
  }

  private static void run(ProgramWorld world, GuestProgram program) {
    GuestProcess process = world.kernel.startProcess("p");
    ProgramRun run = world.kernel.run(process, program);
    run.join();
    assertThat(run.failure()).isNull();
    process.exit();
  }

  private static void expectLanes(ProgramWorld world) {
    run(
        world,
        task -> {
          assertThat(task.awaitDevice(DEVICE, FOREVER)).isTrue();
          try (DeviceFile file = task.open(DEVICE)) {
            assertThat(file.read64(0, EchoPlugin.LANES)).isEqualTo(LANES);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"own", "machine"})
  void aDeviceOfAPlugInHasTheOptionsOfTheFile(String process) throws Exception {
    ProgramWorld.onThreads(
        folder,
        ECHO.formatted(process),
        world -> {
          world.machine.plugIn();
          expectLanes(world);
          return true;
        });
  }

  @Test
  void itCanBeSimulated() throws Exception {
    ProgramWorld.simulated(
        folder,
        ECHO.formatted("own"),
        world -> {
          world.machine.plugIn();
          expectLanes(world);
          return true;
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "badcreate | plug.BadCreate: create() threw java.lang.IllegalStateException: planted",
        "nullcreate | plug.NullCreate: create() returned null",
        "badfunction | plug.BadFunction$1: function() threw java.lang.LinkageError: planted",
        "blockingcreate | plug.BlockingCreate: create() has not returned in 3 s; it is at "
      })
  void aDeviceThatCannotBeMadeIsMissingAndNothingElse(String model, String sentence)
      throws Exception {
    System.setProperty("smmulator.pluginSeconds", "3");
    String devices =
        "devices:\n  - {id: '00:04.0', model: %s, process: machine}\n".formatted(model)
            + "  - {id: '00:05.0', model: edu, process: machine}\n";
    try (SaidInLog log = new SaidInLog()) {
      ProgramWorld.onThreads(
          folder,
          devices,
          world -> {
            world.machine.plugIn();
            assertThat(world.kernel.awaitDriven(OTHER, FOREVER)).isNotNull();
            assertThat(world.kernel.hasSeen(DEVICE)).isFalse();
            return true;
          });
      assertThat(log.lines())
          .anyMatch(
              line -> line.startsWith("device 00:04.0 is not plugged in: none.jar: " + sentence));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"own", "machine"})
  void aRegisterReadThatThrowsIsAllOnes(String process) throws Exception {
    ProgramWorld.onThreads(
        folder,
        ECHO.formatted(process),
        world -> {
          world.machine.plugIn();
          run(
              world,
              task -> {
                assertThat(task.awaitDevice(DEVICE, FOREVER)).isTrue();
                try (DeviceFile file = task.open(DEVICE)) {
                  assertThat(file.read64(0, EchoPlugin.THROWS)).isEqualTo(ALL_ONES);
                  assertThat(file.read64(0, EchoPlugin.FAILS_TO_LINK)).isEqualTo(ALL_ONES);
                  assertThat(file.read64(0, EchoPlugin.LANES)).isEqualTo(LANES);
                }
              });
          return true;
        });
  }

  @Test
  void aRegisterReadThatDoesNotReturnHoldsUpNobodyElse() throws Exception {
    String devices =
        ECHO.formatted("machine")
            + "  - {id: '00:05.0', model: edu, process: machine}\n"
            + "bus: {listen: ['127.0.0.1:0'], completionTimeoutMillis: 4000}\n";
    ProgramWorld.onThreads(
        folder,
        devices,
        world -> {
          world.machine.plugIn();
          run(
              world,
              task -> {
                assertThat(task.awaitDevice(DEVICE, FOREVER)).isTrue();
                assertThat(task.awaitDevice(OTHER, FOREVER)).isTrue();
                DeviceFile echo = task.open(DEVICE);
                try (DeviceFile edu = task.open(OTHER)) {
                  assertThat(echo.read64(0, EchoPlugin.BLOCKS)).isEqualTo(ALL_ONES);
                  edu.write32(0, 0x04, 5);
                  assertThat(edu.read32(0, 0x04)).as("liveness").isEqualTo(~5);
                }
                System.setProperty(EchoPlugin.RELEASE, "");
              });
          return true;
        });
  }
}
