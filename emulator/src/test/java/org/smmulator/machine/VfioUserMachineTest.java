package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.arch.event.EventField;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.config.DeviceConfig;
import org.smmulator.device.AttachedDevice;
import org.smmulator.device.DeviceOptions;
import org.smmulator.device.model.dma.DmaDevice;
import org.smmulator.execution.ThreadExecution;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.Summary;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.pcie.MinimalGuest;
import org.smmulator.record.Recorder;
import org.smmulator.vfio.VfioCounter;

/** A program that takes the machine's functions over vfio-user, as a virtual machine monitor. */
@Timeout(240)
class VfioUserMachineTest {
  private static final int DMA = 0x20;
  private static final long RAM = 0x4000_0000L;
  private static final long RAM_BYTES = 64L << 20;
  private static final long DOORBELL = 0x0802_0040L;
  private static final long BAR = 0x80_0000_0000L;
  private static final int PASID = 3;
  private static final long SOURCE = 0x7f00_0000_1000L;
  private static final long TARGET = 0x7f00_0000_2000L;

  @TempDir private Path folder = Path.of("");
  private @Nullable Machine machine;
  private final List<VfioUserClient> clients = new ArrayList<>();
  private Path sockets = Path.of("");

  @BeforeEach
  void place() {
    sockets = folder.resolve("v");
  }

  @AfterEach
  void stop() throws IOException {
    for (VfioUserClient client : clients) {
      client.close();
    }
    if (machine != null) {
      machine.close();
    }
  }

  private String yaml(String devices) {
    return "machine: {name: served, ramMiB: 64, ramFile: '"
        + folder.resolve("ram")
        + "'}\nsmmu: {without: [BTM]}\nguest: {kind: vfio-user, directory: '"
        + sockets
        + "'}\ndevices: ["
        + devices
        + "]\n";
  }

  private Machine start(String devices) throws Exception {
    Machine started = Machine.start(Machines.config(folder, yaml(devices)), Recorder.OFF);
    machine = started;
    started.plugIn();
    return started;
  }

  private static final String ONE_DMA =
      "{id: '00:04.0', model: dma, process: machine, pri: 0, queues: 1}";

  private VfioUserClient take(String name) throws IOException {
    Path socket = sockets.resolve(name);
    await(() -> Files.exists(socket));
    VfioUserClient client = VfioUserClient.at(socket);
    clients.add(client);
    return client;
  }

  /** Devices come, and work, in their own time. */
  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  private interface Question {
    boolean ask() throws IOException;
  }

  private static void awaitAnswer(Question question) {
    await(
        () -> {
          try {
            return question.ask();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  /** The SMMU's registers over its socket. */
  private record SmmuOverVfio(VfioUserClient client) implements MinimalGuest.Registers {
    @Override
    public void write(int offset, int bytes, long value) {
      try {
        client.write(0, offset, bytes, value);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public long read(int offset, int bytes) {
      try {
        return client.read(0, offset, bytes);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private long counted(FunctionCounter row) {
    Summary summary = Objects.requireNonNull(machine).summary();
    return summary.devices().get(0).counted().of(row);
  }

  @Test
  void aKernelOutsideDrivesTheSmmuAndADevice() throws Exception {
    Machine started = start(ONE_DMA);
    VfioUserClient smmu = take("smmu.sock");
    VfioUserClient dma = take("00:04.0.sock");
    smmu.mapDma(RAM, RAM_BYTES);
    assertThat(smmu.regionBytes(0)).isEqualTo(0x2_0000);

    // The kernel has the RAM as its own.
    MinimalGuest guest = new MinimalGuest(started.board().ram(), new SmmuOverVfio(smmu));
    smmu.write(0, 0xb0, 8, DOORBELL); // EVENTQ_IRQ_CFG0
    smmu.write(0, 0xb8, 4, 0x52);
    smmu.write(0, 0x50, 4, 0b101); // IRQ_CTRL
    long root = guest.translatingStream(DMA);
    long ring = guest.allocate(4096);
    long source = guest.allocate(4096);
    long target = guest.allocate(4096);
    for (long page : new long[] {ring, DOORBELL & -4096}) {
      guest.map(root, page, page, true);
    }
    guest.map(root, SOURCE, source, true);
    guest.map(root, TARGET, target, true);
    guest.store(source + 8, 0x1122_3344_5566_7788L);

    enable(dma);
    dma.write(0, 0x8000, 8, DOORBELL); // vector 0 of MSI-X
    dma.write(0, 0x8008, 4, 0x60);
    dma.write(0, 0x800c, 4, 0);
    dma.write(0, 0x1000, 8, ring);
    dma.write(0, 0x1008, 8, ring + 0x800);
    dma.write(0, 0x1010, 4, 4);
    dma.write(0, 0x1014, 4, 0x8000_0000L | PASID);
    dma.write(0, 0x1018, 4, 0b11);

    assertThat(copy(guest, dma, ring, 1)).as("status").isZero();
    assertThat(guest.load(target + 8)).isEqualTo(0x1122_3344_5566_7788L);
    assertThat(counted(FunctionCounter.TRANSLATION_REQUESTS)).isPositive();
    assertThat(counted(FunctionCounter.TRANSLATED_ACCESSES)).isPositive();
    awaitAnswer(() -> smmu.takeWrites().contains(new VfioUserClient.Write(DOORBELL, 0x60)));

    // The kernel unmaps the target, and the device's ATC must forget it.
    guest.store(target + 8, 7);
    guest.unmap(root, TARGET);
    guest.invalidateTlb();
    guest.invalidate(DMA, PASID, TARGET, 0);
    await(guest::isIdle);
    assertThat(counted(FunctionCounter.INVALIDATIONS_COMPLETED)).isEqualTo(1);
    assertThat(copy(guest, dma, ring, 2)).as("access refused").isEqualTo(2);
    assertThat(guest.load(target + 8)).isEqualTo(7);
    assertThat(started.summary().verdict().violations()).isEmpty();

    // A transaction that no table allows is an event, whose interrupt is a message.
    smmu.takeWrites();
    dma.write(0, 0x1018, 4, 0);
    awaitAnswer(() -> (dma.read(0, 0x101c, 4) & 1) == 0);
    setCapability(dma, 0x0f, 0); // what a translation request asks for in vain is no event
    dma.write(0, 0x1000, 8, 0x6000_0000L);
    dma.write(0, 0x1018, 4, 1);
    dma.write(0, 0x1020, 4, 1);
    awaitAnswer(() -> (dma.read(0, 0x101c, 4) & 2) != 0);
    awaitAnswer(() -> smmu.takeWrites().contains(new VfioUserClient.Write(DOORBELL, 0x52)));
    assertThat(smmu.read(0, 0x100a8, 4)).as("EVENTQ_PROD").isPositive();
    assertThat(started.summary().vfioUser().of(VfioCounter.CLIENTS)).isEqualTo(2);
    assertThat(started.summary().vfioUser().of(VfioCounter.DMA_WRITES)).isPositive();
    assertThat(started.summary().vfioUser().of(VfioCounter.COMMANDS_REFUSED)).isZero();
  }

  private static void enable(VfioUserClient function) throws IOException {
    enableWithoutAts(function);
    setCapability(function, 0x0f, 0x8000); // ATS
  }

  private static void enableWithoutAts(VfioUserClient function) throws IOException {
    function.write(VfioUserClient.CONFIGURATION, 0x10, 4, 0);
    function.write(VfioUserClient.CONFIGURATION, 0x14, 4, BAR >>> 32);
    function.write(VfioUserClient.CONFIGURATION, 0x04, 2, 0b110);
    setCapability(function, 0x1b, 1); // PASID
    int msix = capability(function, 0x11);
    function.write(VfioUserClient.CONFIGURATION, msix + 2, 2, 0x8000);
  }

  private static int capability(VfioUserClient function, int id) throws IOException {
    int at = (int) function.read(VfioUserClient.CONFIGURATION, 0x34, 1);
    while (at != 0 && function.read(VfioUserClient.CONFIGURATION, at, 1) != id) {
      at = (int) function.read(VfioUserClient.CONFIGURATION, at + 1, 1);
    }
    assertThat(at).as("capability %x", id).isPositive();
    return at;
  }

  /** ATS and PASID have their control register at the same place. */
  private static void setCapability(VfioUserClient function, int id, int control)
      throws IOException {
    int at = 0x100;
    while (at != 0 && function.read(VfioUserClient.CONFIGURATION, at, 2) != id) {
      at = (int) function.read(VfioUserClient.CONFIGURATION, at, 4) >>> 20;
    }
    assertThat(at).as("extended capability %x", id).isPositive();
    function.write(VfioUserClient.CONFIGURATION, at + 6, 2, control);
    assertThat(function.read(VfioUserClient.CONFIGURATION, at + 6, 2)).isEqualTo(control);
  }

  /** A kernel that serves I/O page faults by stalls, as Linux does, and a device without ATS. */
  @Test
  void aKernelOutsideServesTheFaultsOfADeviceThatStalls() throws Exception {
    Machine started = start(ONE_DMA.replace("queues: 1", "queues: 1, stall: true"));
    VfioUserClient smmu = take("smmu.sock");
    VfioUserClient dma = take("00:04.0.sock");
    smmu.mapDma(RAM, RAM_BYTES);
    MinimalGuest guest = new MinimalGuest(started.board().ram(), new SmmuOverVfio(smmu));
    long root = guest.translatingStream(DMA);
    guest.letStall(DMA);
    long ring = guest.allocate(4096);
    long source = guest.allocate(4096);
    long target = guest.allocate(4096);
    guest.map(root, ring, ring, true);
    guest.store(source + 8, 0x1122_3344_5566_7788L);

    enableWithoutAts(dma);
    dma.write(0, 0x1000, 8, ring);
    dma.write(0, 0x1008, 8, ring + 0x800);
    dma.write(0, 0x1010, 4, 4);
    dma.write(0, 0x1014, 4, 0x8000_0000L | PASID);
    dma.write(0, 0x1018, 4, 1);

    beginCopy(guest, dma, ring, 1);
    int first = stalled(guest, SOURCE);
    guest.map(root, SOURCE, source, true);
    guest.resume(DMA, first, true, false);
    int second = stalled(guest, TARGET);
    assertThat(dma.read(0, 0x1024, 4)).as("the record waits for the data").isZero();
    guest.map(root, TARGET, target, true);
    guest.resume(DMA, second, true, false);
    assertThat(endCopy(guest, dma, ring, 1)).as("status").isZero();
    assertThat(guest.load(target + 8)).isEqualTo(0x1122_3344_5566_7788L);

    guest.unmap(root, TARGET);
    guest.invalidateTlb();
    await(guest::isIdle);
    beginCopy(guest, dma, ring, 2);
    guest.resume(DMA, stalled(guest, TARGET), false, true); // the write
    guest.resume(DMA, stalled(guest, TARGET), false, true); // the read that confirms it
    assertThat(endCopy(guest, dma, ring, 2)).as("Unsupported Request").isEqualTo(3);

    assertThat(counted(FunctionCounter.REQUESTS_STALLED)).isEqualTo(5);
    assertThat(counted(FunctionCounter.STALLED_NOW)).isZero();
    assertThat(counted(FunctionCounter.TRANSLATION_REQUESTS)).isZero();
    assertThat(counted(FunctionCounter.TRANSLATED_ACCESSES)).isZero();
    assertThat(started.summary().verdict().violations()).isEmpty();
  }

  /** The tag of the next stall, which is at that address. */
  private static int stalled(MinimalGuest guest, long address) {
    List<long[]> taken = new ArrayList<>();
    await(
        () -> {
          long[] record = guest.takeEvent();
          if (record != null) {
            taken.add(record);
          }
          return record != null;
        });
    long[] record = taken.get(0);
    assertThat(EventField.STALL.get(record[1])).isEqualTo(1);
    assertThat(record[2]).isEqualTo(address);
    return EventField.STAG.getInt(record[1]);
  }

  /** Copies 64 bytes from one page to the other; the status of the completion. */
  private static long copy(MinimalGuest guest, VfioUserClient dma, long ring, int number)
      throws IOException {
    beginCopy(guest, dma, ring, number);
    return endCopy(guest, dma, ring, number);
  }

  private static void beginCopy(MinimalGuest guest, VfioUserClient dma, long ring, int number)
      throws IOException {
    long at = ring + 64L * (number - 1);
    guest.store(at, 64L << 32 | 1);
    guest.store(at + 8, SOURCE);
    guest.store(at + 16, TARGET);
    guest.store(at + 32, number);
    dma.write(0, 0x1020, 4, number);
  }

  private static long endCopy(MinimalGuest guest, VfioUserClient dma, long ring, int number) {
    awaitAnswer(() -> dma.read(0, 0x1024, 4) == number);
    return guest.load(ring + 0x800 + 32L * (number - 1)) & 0xff;
  }

  @Test
  void aPictureOfConfigurationSpaceLeavesMsixToTheDevice() throws Exception {
    Machine unused = start(ONE_DMA);
    VfioUserClient dma = take("00:04.0.sock");
    int msix = capability(dma, 0x11);
    byte[] picture = dma.bytes(VfioUserClient.CONFIGURATION, 0, 4096);
    assertThat(picture[0]).isEqualTo((byte) 0x4d);
    assertThat(picture[msix]).isZero();
    assertThat(picture[msix + 2]).as("all else stays").isEqualTo((byte) 0);
    assertThat(picture[0x3d]).as("interrupt pin").isZero();
    assertThat(dma.regionBytes(0)).isEqualTo(64 << 10);
    assertThat(dma.regionBytes(1)).isZero();
    assertThat(dma.regionBytes(VfioUserClient.CONFIGURATION)).isEqualTo(4096);
  }

  @Test
  void onlyItsUserMayEnterTheFolder() throws Exception {
    Machine started = start("");
    assertThat(mode(sockets)).isEqualTo("rwx------");
    assertThat(mode(sockets.resolve("smmu.sock"))).isEqualTo("rw-------");
    started.close();
    assertThat(sockets).doesNotExist();
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void refusesAFolderThatOthersMayEnter() throws Exception {
    Files.createDirectory(
        sockets,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
    assertThatThrownBy(() -> start(""))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("guest.directory: other users may use the folder " + sockets);
  }

  @Test
  void aFolderThatIsThereStays() throws Exception {
    Files.createDirectory(
        sockets,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Machine started = start("");
    assertThat(take("smmu.sock").read(VfioUserClient.CONFIGURATION, 0, 4)).isEqualTo(0x2_534dL);
    started.close();
    assertThat(sockets).isEmptyDirectory();
  }

  @Test
  void theSmmusConfigurationSpaceIsThatOfAFunctionWithOneBar() throws Exception {
    Machine unused = start("");
    VfioUserClient smmu = take("smmu.sock");
    smmu.write(VfioUserClient.CONFIGURATION, 0x10, 4, 0xffff_ffffL);
    assertThat(smmu.read(VfioUserClient.CONFIGURATION, 0x10, 4)).isEqualTo(0xfffe_0000L);
    smmu.write(VfioUserClient.CONFIGURATION, 0x11, 2, 0x1234);
    assertThat(smmu.read(VfioUserClient.CONFIGURATION, 0x10, 4)).isEqualTo(0xff12_0000L);
    smmu.write(VfioUserClient.CONFIGURATION, 4, 4, 0xffff_ffffL);
    assertThat(smmu.read(VfioUserClient.CONFIGURATION, 4, 4)).isEqualTo(0x406);
    smmu.write(VfioUserClient.CONFIGURATION, 0, 4, 0);
    assertThat(smmu.read(VfioUserClient.CONFIGURATION, 0, 4)).isEqualTo(0x2_534dL);
    smmu.reset();
    assertThat(smmu.read(VfioUserClient.CONFIGURATION, 4, 4)).isZero();
    assertThat(smmu.read(VfioUserClient.CONFIGURATION, 0x10, 4)).isZero();
  }

  @Test
  void aResetBringsBackWhatAFunctionBeganWith() throws Exception {
    Machine unused = start(ONE_DMA);
    VfioUserClient dma = take("00:04.0.sock");
    byte[] begun = dma.bytes(VfioUserClient.CONFIGURATION, 0, 4096);
    enable(dma);
    assertThat(dma.bytes(VfioUserClient.CONFIGURATION, 0, 4096)).isNotEqualTo(begun);
    dma.reset();
    assertThat(dma.bytes(VfioUserClient.CONFIGURATION, 0, 4096)).isEqualTo(begun);
  }

  @Test
  void aBarAnswersOnlyWhereItIs() throws Exception {
    Machine unused = start(ONE_DMA);
    VfioUserClient dma = take("00:04.0.sock");
    assertErrno(5, () -> dma.write(0, 0x1010, 4, 4));
    assertErrno(5, () -> dma.read(0, 0, 4));
    enable(dma);
    dma.write(0, 0x1010, 4, 4);
    assertThat(dma.read(0, 0x1010, 4)).isEqualTo(4);
    assertThat(dma.bytes(0, 0, 4096)).startsWith(0x53, 0x4d, 0x44, 0x41, 1);
    assertErrno(22, () -> dma.bytes(0, 0, 4100));
    assertErrno(22, () -> dma.read(0, 0x1_0000, 4));
  }

  /** As a kernel in QEMU does, which is shown QEMU's own addresses and so does not write them. */
  @Test
  void aFunctionKeepsItsAddressesOverAFunctionLevelReset() throws Exception {
    Machine unused = start(ONE_DMA);
    VfioUserClient dma = take("00:04.0.sock");
    enable(dma);
    dma.write(0, 0x1010, 4, 4);
    int control = capability(dma, 0x10) + 8;
    dma.write(VfioUserClient.CONFIGURATION, control, 2, 0x8000);
    assertErrno(5, () -> dma.read(0, 0x1010, 4));
    dma.write(VfioUserClient.CONFIGURATION, 4, 2, 0b110);
    assertThat(dma.read(0, 0x1010, 4)).as("reset").isZero();
    assertThat(dma.read(0, 0, 4)).isEqualTo(0x4144_4d53L);
  }

  private static void assertErrno(int errno, ThrowableAssert.ThrowingCallable access) {
    assertThatThrownBy(access)
        .isInstanceOfSatisfying(
            VfioUserClient.ErrnoException.class, e -> assertThat(e.errno).isEqualTo(errno));
  }

  @Test
  void aPinThatLeadsNowhereIsNotShown() throws Exception {
    Machine unused = start("{id: '00:05.0', model: edu}");
    VfioUserClient edu = take("00:05.0.sock");
    assertThat(edu.read(VfioUserClient.CONFIGURATION, 0, 4)).isEqualTo(0x11e8_1234L);
    assertThat(edu.read(VfioUserClient.CONFIGURATION, 0x3d, 1)).isZero();
    int msi = capability(edu, 5);
    assertThat(edu.bytes(VfioUserClient.CONFIGURATION, 0, 4096)[msi]).isZero();
  }

  @Test
  void aResetOfTheSmmuTurnsItOff() throws Exception {
    Machine started = start("");
    VfioUserClient smmu = take("smmu.sock");
    MinimalGuest unused = new MinimalGuest(started.board().ram(), new SmmuOverVfio(smmu));
    assertThat(smmu.read(0, 0x24, 4)).as("CR0ACK").isEqualTo(0b1_1111);
    smmu.reset();
    assertThat(smmu.read(0, 0x24, 4)).isZero();
  }

  @Test
  void aClientThatLeavesLeavesNothingOn() throws Exception {
    Machine started = start(ONE_DMA);
    VfioUserClient smmu = take("smmu.sock");
    VfioUserClient dma = take("00:04.0.sock");
    MinimalGuest unused = new MinimalGuest(started.board().ram(), new SmmuOverVfio(smmu));
    enable(dma);
    smmu.close();
    dma.close();
    assertThat(take("smmu.sock").read(0, 0x24, 4)).isZero();
    assertThat(take("00:04.0.sock").read(VfioUserClient.CONFIGURATION, 4, 2)).isZero();
  }

  @Test
  void functionsComeAndGo() throws Exception {
    Machine started = start(ONE_DMA);
    VfioUserClient dma = take("00:04.0.sock");
    Board board = started.board();
    board.loop().execute(() -> board.rootComplex().unplug(DMA, "pulled out"));
    await(() -> Files.notExists(sockets.resolve("00:04.0.sock")));
    assertThatThrownBy(() -> dma.read(VfioUserClient.CONFIGURATION, 0, 4))
        .isInstanceOf(IOException.class);
    DeviceConfig config = Machines.config(folder, yaml(ONE_DMA)).devices().get(0);
    PluggedDevice again = DeviceInProcess.start(config, new ThreadExecution(), board, Timing.NONE);
    assertThat(take("00:04.0.sock").read(VfioUserClient.CONFIGURATION, 0, 4))
        .isEqualTo(0x0001_534dL);
    again.close();
  }

  /** A device whose thread stands still from when it was enabled until the test goes on. */
  private void withStandingDevice(int completionTimeoutMillis, StandingTest test) throws Exception {
    String bus =
        "\nbus: {listen: ['127.0.0.1:0'], completionTimeoutMillis: "
            + completionTimeoutMillis
            + "}\n";
    Machine started = Machine.start(Machines.config(folder, yaml("") + bus), Recorder.OFF);
    machine = started;
    started.plugIn();
    MultiThreadIoEventLoopGroup group =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    CountDownLatch goOn = new CountDownLatch(1);
    try {
      EventLoop loop = (EventLoop) group.next();
      AttachedDevice unused =
          AttachedDevice.connect(
              loop,
              BusAddress.parse(started.busAddresses().get(0)),
              new DmaDevice(1, 0),
              DeviceOptions.of("dma", "slow").withRequesterId(DMA));
      VfioUserClient dma = take("00:04.0.sock");
      enable(dma);
      loop.execute(
          () -> {
            try {
              goOn.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      test.run(dma, goOn);
    } finally {
      goOn.countDown();
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
  }

  private interface StandingTest {
    void run(VfioUserClient dma, CountDownLatch goOn) throws Exception;
  }

  /** The root complex would wait for ten minutes, which is longer than this test may take. */
  @Test
  void aDeviceThatTakesItsTimeShowsWhatWasReadLast() throws Exception {
    withStandingDevice(
        600_000,
        (dma, goOn) -> {
          assertThat(dma.read(VfioUserClient.CONFIGURATION, 4, 2)).isEqualTo(0b110);
          assertThat(dma.bytes(VfioUserClient.CONFIGURATION, 0, 4096))
              .startsWith(0x4d, 0x53, 1, 0, 6);
          goOn.countDown();
          assertThat(dma.read(0, 0, 4)).isEqualTo(0x4144_4d53L);
        });
  }

  @Test
  void aDeviceThatDoesNotAnswerShowsNoAllOnes() throws Exception {
    withStandingDevice(
        500,
        (dma, goOn) -> {
          assertThat(dma.read(VfioUserClient.CONFIGURATION, 4, 2)).isEqualTo(0b110);
          assertErrno(5, () -> dma.read(0, 0, 4));
          goOn.countDown();
          awaitAnswer(() -> dma.read(VfioUserClient.CONFIGURATION, 0, 2) == 0x534d);
        });
  }
}
