package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.smmulator.machine.ProgramWorld.DEVICE;
import static org.smmulator.machine.ProgramWorld.FOREVER;
import static org.smmulator.machine.ProgramWorld.PAGE;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.device.model.edu.EduDevice;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.GuestProgram;
import org.smmulator.guest.ProgramRun;
import org.smmulator.guest.UserTask;
import org.smmulator.guest.iommu.DmaDirection;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.mm.SegmentationFault;
import org.smmulator.guest.pci.generic.DeviceFile;
import org.smmulator.guest.pci.generic.DmaBuffer;
import org.smmulator.machine.ProgramWorld.Copier;
import org.smmulator.machine.ProgramWorld.Story;

/** Programs in processes of the guest that drive devices by themselves, in whole machines. */
class GuestProgramTest {
  private static final String DMA =
      "devices:\n  - {id: '00:04.0', model: dma, atc: 4x4, process: machine}\n";

  @TempDir private Path folder;

  private void onThreadsAndSimulated(String devices, Story story) throws Exception {
    ProgramWorld.onThreads(folder, devices, story);
    ProgramWorld.simulated(folder, devices, story);
  }

  /** Runs programs, each in a process of its own name, to the end; none may fail. */
  private static void run(ProgramWorld world, GuestProgram... programs) {
    GuestProcess[] processes = new GuestProcess[programs.length];
    ProgramRun[] runs = new ProgramRun[programs.length];
    for (int i = 0; i < programs.length; i++) {
      processes[i] = world.kernel.startProcess("p" + i);
      runs[i] = world.kernel.run(processes[i], programs[i]);
    }
    for (int i = 0; i < programs.length; i++) {
      runs[i].join();
      assertThat(runs[i].failure()).isNull();
      processes[i].exit();
    }
  }

  @Test
  void aProgramDrivesADeviceWithRegistersPasidBufferAndInterrupt() throws Exception {
    onThreadsAndSimulated(
        "",
        world -> {
          world.plug(new CopierDevice());
          run(world, GuestProgramTest::copyUnmapAndCopyAgain);
          world.assertNothingIsLeft();
          return true;
        });
  }

  private static void copyUnmapAndCopyAgain(UserTask task) throws Exception {
    Copier copier = Copier.open(task);
    task.store64(copier.from() + 8, 0x1122_3344_5566_7788L);
    assertThat(copier.copy()).isZero();
    assertThat(task.load64(copier.to() + 8)).isEqualTo(0x1122_3344_5566_7788L);
    assertThat(copier.record().load64(0)).as("copies").isEqualTo(1);

    task.munmap(copier.from(), PAGE);
    assertThat(copier.copy()).isEqualTo(CopierDevice.REFUSED);
    task.mmapFixed(copier.from(), PAGE, Prot.READ_WRITE);
    task.store64(copier.from() + 8, 5);
    assertThat(copier.copy()).isNotZero(); // until it is reset it tells of the failure
    assertThat(task.load64(copier.to() + 8)).isEqualTo(5);
    task.mprotect(copier.to(), PAGE, Prot.READ);
    copier.copy();
    copier.file().close();
  }

  @Test
  void aPageGoesWhileADeviceCopiesIt() throws Exception {
    onThreadsAndSimulated(
        "",
        world -> {
          CopierDevice device = world.plug(new CopierDevice());
          GuestProcess process = world.kernel.startProcess("alice");
          AtomicBoolean met = new AtomicBoolean();
          world.kernel.run(process, task -> unmapBesideCopies(task, device, met)).join();
          assertThat(process.isAlive()).isTrue();
          process.exit();
          world.assertNothingIsLeft();
          return met.get();
        });
  }

  private static void unmapBesideCopies(UserTask task, CopierDevice device, AtomicBoolean met)
      throws Exception {
    try (DeviceFile file = Copier.open(task).file()) {
      assertThat(file.isClosed()).isFalse();
    }
    Copier copier = Copier.open(task);
    copier.start(1_000_000);
    while (copier.record().load64(0) < 3) {
      task.sleepUntil(task.nanoTime() + 10_000);
    }
    boolean before = device.isBusy();
    task.munmap(copier.from(), PAGE);
    met.set(before);
    assertThat(copier.file().awaitInterrupt(0, FOREVER)).isEqualTo(1);
    assertThat(copier.file().read64(0, CopierDevice.FAILURE)).isEqualTo(CopierDevice.REFUSED);
  }

  @Test
  void aProgramDrivesTheDmaModelByItsRegisters() throws Exception {
    onThreadsAndSimulated(
        DMA,
        world -> {
          world.machine.plugIn();
          run(world, task -> assertThat(task.awaitDevice(DEVICE, FOREVER)).isTrue());
          run(
              world,
              task ->
                  assertThatThrownBy(() -> task.open(DEVICE))
                      .hasMessage(
                          "00:04.0 [534d:0001] has a driver of the kernel; driveWith(\"generic\")"
                              + " gives it to programs"));
          world.kernel.driveWith(DEVICE, "generic");
          run(world, GuestProgramTest::driveDma);
          world.kernel.driveWith(DEVICE, "dma");
          assertThat(world.kernel.engine(DEVICE)).isNotNull();
          world.assertNothingIsLeft();
          return true;
        });
  }

  /** Offsets as in devices/README.md, "The dma model's programming interface". */
  private static void driveDma(UserTask task) throws Exception {
    long from = task.mmap(PAGE, Prot.READ_WRITE);
    long to = task.mmap(PAGE, Prot.READ_WRITE);
    task.store64(from, 42);
    try (DeviceFile dma = task.open(DEVICE)) {
      assertThat(dma.read32(0, 0)).as("register ID").isEqualTo(0x41444d53);
      int pasid = dma.bindSva();
      DmaBuffer ring = dma.allocate(PAGE, DmaDirection.TO_DEVICE);
      DmaBuffer completions = dma.allocate(PAGE, DmaDirection.BIDIRECTIONAL);
      dma.write64(0, 0x1000, ring.iova());
      dma.write64(0, 0x1008, completions.iova());
      dma.write32(0, 0x1010, 2);
      dma.write32(0, 0x1014, 1 << 31 | pasid);
      dma.write32(0, 0x1018, 3);
      ring.store64(0, 1 | (long) PAGE << 32);
      ring.store64(8, from);
      ring.store64(16, to);
      ring.store64(32, 7);
      dma.write32(0, 0x1020, 1);
      assertThat(dma.awaitInterrupt(0, FOREVER)).isEqualTo(1);
      assertThat(completions.load64(24)).as("phase and tag").isEqualTo(1L << 63 | 7);
      assertThat(completions.load64(0) & 0xff).as("status").isZero();
      assertThat(task.load64(to)).isEqualTo(42);
    }
  }

  @Test
  void aProgramDrivesADeviceWithMsiAndWithoutPasid() throws Exception {
    onThreadsAndSimulated(
        "",
        world -> {
          world.plug(new EduDevice(-1));
          run(world, GuestProgramTest::driveEdu);
          world.assertNothingIsLeft();
          return true;
        });
  }

  private static void driveEdu(UserTask task) throws Exception {
    try (DeviceFile edu = task.open(DEVICE)) {
      assertThat(edu.vectors()).isEqualTo(1);
      assertThatThrownBy(edu::bindSva)
          .isInstanceOfSatisfying(
              IommuException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
      edu.write32(0, 0x20, 0x80);
      edu.write32(0, 0x08, 5);
      assertThat(edu.awaitInterrupt(0, FOREVER)).isEqualTo(1);
      assertThat(edu.read32(0, 0x08)).as("factorial").isEqualTo(120);
      edu.write32(0, 0x64, 1);

      DmaBuffer buffer = edu.allocate(2 * PAGE, DmaDirection.BIDIRECTIONAL);
      buffer.write(0, "hello".getBytes(StandardCharsets.UTF_8));
      transfer(edu, buffer.iova(), 0x40000, 5, 1 | 4);
      transfer(edu, 0x40000, buffer.iova() + PAGE, 5, 1 | 2 | 4);
      byte[] back = new byte[5];
      buffer.read(PAGE, back);
      assertThat(back).asString().isEqualTo("hello");
    }
  }

  private static void transfer(DeviceFile edu, long from, long to, long bytes, int command)
      throws IommuException {
    edu.write64(0, 0x80, from);
    edu.write64(0, 0x88, to);
    edu.write64(0, 0x90, bytes);
    edu.write32(0, 0x98, command);
    assertThat(edu.awaitInterrupt(0, FOREVER)).isEqualTo(1);
    edu.write32(0, 0x64, 0x100);
  }

  @Test
  void whatADeviceDoesForAParentItsChildNeverSees() throws Exception {
    onThreadsAndSimulated(
        "",
        world -> {
          world.plug(new CopierDevice());
          run(world, GuestProgramTest::copyAfterFork);
          world.assertNothingIsLeft();
          return true;
        });
  }

  private static void copyAfterFork(UserTask task) throws Exception {
    Copier copier = Copier.open(task);
    task.store64(copier.from(), 1);
    assertThat(copier.copy()).isZero();
    ProgramRun child =
        task.fork(
            "child",
            own -> {
              assertThat(own.load64(copier.to())).isEqualTo(1);
              own.store64(copier.from(), 3);
              assertThatThrownBy(() -> own.open(DEVICE)).hasMessageContaining("is open already");
            });
    child.join();
    assertThat(child.failure()).isNull();
    assertThat(child.process().isAlive()).isFalse();
    task.store64(copier.from(), 2);
    assertThat(copier.copy()).isZero();
    assertThat(task.load64(copier.to())).isEqualTo(2);
  }

  @Test
  void mistakesOfAProgramAreRefused() throws Exception {
    onThreadsAndSimulated(
        "",
        world -> {
          world.plug(new CopierDevice());
          run(world, GuestProgramTest::mistakes);
          world.assertNothingIsLeft();
          return true;
        });
  }

  private static void mistakes(UserTask task) throws Exception {
    assertThatThrownBy(() -> task.open(PciAddress.of(0, 9, 0)))
        .hasMessage("no function is at 00:09.0");
    DeviceFile file = task.open(DEVICE);
    DmaBuffer buffer = file.allocate(100, DmaDirection.TO_DEVICE);
    assertThatThrownBy(() -> file.read32(0, 0x1000))
        .hasMessage("00:04.0 has no register of 4 bytes at 0x1000 of BAR 0");
    assertThatThrownBy(() -> file.read(0, 1, 4)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> file.read(0, 0, 3)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> file.write32(1, 0, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> file.read32(6, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> file.awaitInterrupt(CopierDevice.VECTORS, 0))
        .hasMessage("00:04.0 has interrupt vectors 0 to 1, not 2");
    assertThatThrownBy(() -> file.allocate(1L << 40, DmaDirection.TO_DEVICE))
        .isInstanceOfSatisfying(
            IommuException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOMEM));
    file.write64(0, CopierDevice.MSIX_TABLE, 0xdead);
    assertThat(file.read64(0, CopierDevice.MSIX_TABLE)).as("the kernel's").isEqualTo(-1);
    assertThat(file.awaitInterrupt(0, task.nanoTime())).as("none came").isZero();
    assertThatThrownBy(() -> buffer.store64(96, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> buffer.load64(4)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> buffer.read(-1, new byte[1]))
        .isInstanceOf(IndexOutOfBoundsException.class);
    buffer.close();
    buffer.close();
    assertThatThrownBy(() -> buffer.load64(0)).hasMessageContaining("is closed");
    assertThatThrownBy(() -> task.load64(8)).isInstanceOf(SegmentationFault.class);
    DmaBuffer left = file.allocate(100, DmaDirection.TO_DEVICE);
    file.close();
    file.close();
    assertThatThrownBy(() -> left.store64(0, 1)).hasMessageContaining("is closed");
    assertThatThrownBy(() -> file.read32(0, 0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> file.awaitInterrupt(0, FOREVER))
        .isInstanceOf(IllegalStateException.class);
    task.open(DEVICE).close();
  }
}
