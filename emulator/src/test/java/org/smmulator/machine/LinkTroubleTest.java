package org.smmulator.machine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.MachineConfig;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.guest.pci.dma.DmaOperation;
import org.smmulator.guest.pci.dma.DmaQueue;
import org.smmulator.guest.pci.dma.DmaResult;
import org.smmulator.guest.sched.Task;
import org.smmulator.guest.sva.SvaCounter;
import org.smmulator.metrics.Verdict;
import org.smmulator.metrics.VerdictCounter;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.record.Recorder;

/** A device process that is killed or stopped in the middle of DMA, beside one that is not. */
class LinkTroubleTest {
  private static final PciAddress TROUBLED = PciAddress.of(0, 4, 0);
  private static final PciAddress HEALTHY = PciAddress.of(0, 5, 0);
  private static final int PAGES = 64;
  private static final int BYTES = 4096;
  private static final String YAML =
      """
      machine: {name: trouble, ramMiB: 256}
      devices:
        - {id: '00:04.0', model: dma, atc: 16x4}
        - {id: '00:05.0', model: dma, atc: 64x4}
      """
          + Machines.IMPATIENT_BUS;

  @TempDir private Path folder;
  private MachineConfig config;
  private Machine machine;
  private GuestKernel kernel;
  private DeviceProcess troubledDevice;
  private DeviceProcess healthyDevice;
  private GuestProcess victim;
  private GuestProcess bystander;
  private long victimBuffer;
  private long bystanderBuffer;
  private DmaQueue victimQueue;
  private DmaQueue bystanderQueue;

  @BeforeAll
  static void needsSignals() {
    assumeTrue(Files.isExecutable(Path.of("/bin/kill")), "no /bin/kill (Debian package procps)");
    assumeTrue(Files.isDirectory(Path.of("/proc/self/task")), "no /proc to see threads stop");
  }

  @BeforeEach
  void startTwoDevicesAndTwoProcesses() throws Exception {
    config = Machines.config(folder, YAML);
    machine = Machine.start(config, Recorder.OFF);
    kernel = machine.kernel();
    troubledDevice = Machines.attach(machine, config, 0);
    healthyDevice = Machines.attach(machine, config, 1);
    victim = kernel.startProcess("victim");
    bystander = kernel.startProcess("bystander");
    victimBuffer = victim.mm().mmap(PAGES * BYTES, Prot.READ_WRITE);
    bystanderBuffer = bystander.mm().mmap(PAGES * BYTES, Prot.READ_WRITE);
    victimQueue = engine(TROUBLED).open(victim.mm());
    bystanderQueue = engine(HEALTHY).open(bystander.mm());
  }

  @AfterEach
  void stop() {
    troubledDevice.close();
    healthyDevice.close();
    machine.close();
  }

  private DmaEngine engine(PciAddress address) throws IommuException {
    return requireNonNull(kernel.awaitEngine(address, soon()), "engine at " + address);
  }

  private long soon() {
    return kernel.sched().nanoTime() + 240_000_000_000L;
  }

  /** Fills the buffer over and over until the device no longer answers. */
  private Task hammer(DmaQueue queue, long buffer) {
    return kernel
        .sched()
        .spawn(
            "hammer",
            () -> {
              DmaResult result;
              do {
                result = queue.run(DmaOperation.fill(buffer, PAGES * BYTES, 42), soon());
              } while (result.isOk());
            });
  }

  private void fillsAndFindsWhatItFilled(DmaQueue queue, GuestProcess process, long buffer)
      throws Exception {
    assertThat(queue.run(DmaOperation.fill(buffer, PAGES * BYTES, 0x0101010101010101L), soon()))
        .extracting(DmaResult::status)
        .isEqualTo(DmaResult.Status.OK);
    byte[] found = new byte[PAGES * BYTES];
    process.mm().read(buffer, found, 0, found.length);
    assertThat(found).containsOnly(1);
  }

  private void waitUntilTheDeviceIsBusy() {
    for (int i = 0; i < 8; i++) {
      victimQueue.run(DmaOperation.crc32c(victimBuffer, PAGES * BYTES), soon());
    }
  }

  @Test
  void killingADeviceFailsItsWorkAndTheGuestSeesItGone() throws Exception {
    Task hammer = hammer(victimQueue, victimBuffer);
    waitUntilTheDeviceIsBusy();
    signal("KILL");
    victim.mm().munmap(victimBuffer, PAGES * BYTES / 2);
    assertThat(kernel.awaitGone(TROUBLED, soon())).isTrue();
    hammer.join();

    fillsAndFindsWhatItFilled(bystanderQueue, bystander, bystanderBuffer);
    victim.exit();
    nothingIsStale();
    assertThat(machine.summary().verdict().found(VerdictCounter.PROTOCOL_VIOLATIONS)).isZero();
    assertThat(kernel.sva().statistics().of(SvaCounter.BONDS)).isEqualTo(1);
    assertThat(kernel.sva().statistics().of(SvaCounter.PASIDS_QUARANTINED)).isZero();
    reattachesAndWorks();
  }

  @Test
  void aSilentDeviceIsFencedOnceAndItsProcessGoesOn() throws Exception {
    Task hammer = hammer(victimQueue, victimBuffer);
    waitUntilTheDeviceIsBusy();
    signal("STOP");
    awaitStopped();
    victim.mm().munmap(victimBuffer, PAGES * BYTES / 2); // returns after the time-out

    assertThat(kernel.iommu().isFenced(engine(TROUBLED).device().iommuDevice())).isTrue();
    long timeouts = timeouts();
    assertThat(timeouts).isPositive();
    victim.mm().munmap(victimBuffer + PAGES * BYTES / 2, BYTES);
    assertThat(timeouts()).isEqualTo(timeouts);
    fillsAndFindsWhatItFilled(bystanderQueue, bystander, bystanderBuffer);
    assertThat(victimQueue.stop(Long.MAX_VALUE)).as("cut off, and not waited for").isFalse();

    signal("CONT");
    hammer.join();
    byte[] mine = {7};
    victim.mm().write(victimBuffer + PAGES * BYTES - 1, mine, 0, 1);
    nothingIsStale();
    signal("KILL");
    assertThat(kernel.awaitGone(TROUBLED, soon())).isTrue();
    reattachesAndWorks();
  }

  @Test
  void aFencedDeviceWorksAgainAfterAReset() throws Exception {
    Task hammer = hammer(victimQueue, victimBuffer);
    waitUntilTheDeviceIsBusy();
    signal("STOP");
    awaitStopped();
    victim.mm().munmap(victimBuffer, PAGES * BYTES / 2); // returns after the time-out
    assertThat(kernel.iommu().isFenced(engine(TROUBLED).device().iommuDevice())).isTrue();
    signal("CONT");

    kernel.resetDevice(TROUBLED);

    hammer.join();
    assertThat(kernel.iommu().isFenced(engine(TROUBLED).device().iommuDevice())).isFalse();
    fillsAndUnmaps("heir");
    assertThat(machine.summary().verdict().found(VerdictCounter.PROTOCOL_VIOLATIONS))
        .as("the invalidation that was not answered")
        .isEqualTo(1);
    assertThat(timeouts()).isEqualTo(1);
    nothingIsStale();
  }

  @Test
  void aDeviceThatIsBusyCanBeReset() throws Exception {
    Task hammer = hammer(victimQueue, victimBuffer);
    waitUntilTheDeviceIsBusy();

    kernel.resetDevice(TROUBLED);

    hammer.join();
    fillsAndUnmaps("heir");
    fillsAndFindsWhatItFilled(bystanderQueue, bystander, bystanderBuffer);
    assertThat(machine.summary().verdict().found(VerdictCounter.PROTOCOL_VIOLATIONS)).isZero();
    nothingIsStale();
  }

  private void signal(String name) throws Exception {
    Process kill =
        new ProcessBuilder("/bin/kill", "-" + name, Long.toString(troubledDevice.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  /** The signal is sent; now every thread of the device must have come to rest. */
  private void awaitStopped() throws Exception {
    Path tasks = Path.of("/proc", Long.toString(troubledDevice.pid()), "task");
    boolean stopped = false;
    while (!stopped) {
      Thread.onSpinWait();
      stopped = true;
      try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
        for (Path thread : threads) {
          stopped &= Files.readString(thread.resolve("stat")).contains(") T ");
        }
      }
    }
  }

  private long timeouts() {
    return machine.summary().devices().get(0).count(FunctionCounter.INVALIDATIONS_TIMED_OUT);
  }

  private void nothingIsStale() {
    Verdict verdict = machine.summary().verdict();
    assertThat(verdict.found(VerdictCounter.STALE_ACCESSES)).isZero();
    assertThat(verdict.found(VerdictCounter.FREED_UNDER_GRANT)).isZero();
    assertThat(kernel.frames().touchedWhileFree()).isZero();
  }

  private void reattachesAndWorks() throws Exception {
    troubledDevice.close();
    troubledDevice = Machines.attach(machine, config, 0);
    fillsAndUnmaps("heir");
  }

  /** A new process uses the device and takes the memory away from it again. */
  private void fillsAndUnmaps(String name) throws Exception {
    GuestProcess process = kernel.startProcess(name);
    long buffer = process.mm().mmap(PAGES * BYTES, Prot.READ_WRITE);
    DmaQueue queue = engine(TROUBLED).open(process.mm());
    fillsAndFindsWhatItFilled(queue, process, buffer);
    process.mm().munmap(buffer, PAGES * BYTES);
  }
}
