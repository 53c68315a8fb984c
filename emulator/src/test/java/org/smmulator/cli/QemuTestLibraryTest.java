package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.config.Configs;
import org.smmulator.machine.CommandRun;

/**
 * A machine in a process of its own, started as QEMU's test library starts QEMU: the test listens
 * at two sockets, and the machine connects to both.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class QemuTestLibraryTest {
  private static final String TEST =
      "-machine virt,acpi=off,gic-version=3,iommu=smmuv3 -smp 1 -m 512 -cpu max -net none"
          + " -device iommu-testdev";

  @TempDir private Path folder;

  private final List<AutoCloseable> open = new ArrayList<>();

  @SuppressWarnings("NullAway.Init") // opened before each test
  private ServerSocketChannel harness;

  @SuppressWarnings("NullAway.Init") // opened before each test
  private ServerSocketChannel qmp;

  /** One of the two connections, as lines. */
  private record Line(SocketChannel socket, BufferedReader reader) {
    String ask(String text) throws IOException {
      ByteBuffer bytes = ByteBuffer.wrap((text + "\n").getBytes(UTF_8));
      while (bytes.hasRemaining()) {
        socket.write(bytes);
      }
      return reader.readLine();
    }
  }

  @BeforeEach
  void listen() throws IOException {
    harness = listen("qtest-1.sock");
    qmp = listen("qtest-1.qmp");
  }

  private ServerSocketChannel listen(String name) throws IOException {
    ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    open.add(socket);
    return socket.bind(UnixDomainSocketAddress.of(folder.resolve(name)), 1);
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private String[] words(String options) {
    String all =
        "-qtest unix:%1$s/qtest-1.sock -qtest-log /dev/null"
            + " -chardev socket,path=%1$s/qtest-1.qmp,id=char0 -mon chardev=char0,mode=control"
            + " -display none -audio none -run-with exit-with-parent=on "
            + options
            + " -accel qtest";
    List<String> words = new ArrayList<>();
    words.add("system-aarch64");
    words.add(Configs.folder().resolve("qemu-virt.yaml").toString());
    words.add("--");
    words.addAll(List.of(all.formatted(folder).trim().split(" +")));
    return words.toArray(String[]::new);
  }

  private Process start(String options) throws IOException {
    Process machine = RealProcess.of(words(options)).start();
    open.add(
        () -> {
          machine.destroyForcibly();
          machine.waitFor();
        });
    return machine;
  }

  private Line accept(ServerSocketChannel socket) throws IOException {
    SocketChannel accepted = socket.accept();
    open.add(accepted);
    return new Line(accepted, new BufferedReader(Channels.newReader(accepted, UTF_8)));
  }

  /** Up to where each test of QEMU begins. */
  private static void shakeHands(Line guest, Line monitor) throws IOException {
    assertThat(guest.ask("endianness")).isEqualTo("OK little");
    assertThat(monitor.reader().readLine()).startsWith("{\"QMP\":");
    assertThat(monitor.ask("{\"execute\": \"qmp_capabilities\"}")).isEqualTo("{\"return\":{}}");
  }

  @Test
  void runsATestAndEndsWithZeroOnSigterm() throws Exception {
    Process machine = start(TEST);
    Line guest = accept(harness);
    Line monitor = accept(qmp);
    shakeHands(guest, monitor);

    assertThat(guest.ask("readl 0x9050000")).isEqualTo("OK 0x000000000d44101b");
    assertThat(guest.ask("readl 0x4010008000")).as("in slot 1").isEqualTo("OK 0x0000000000051b36");
    assertThat(guest.ask("readl 0x4010010000")).as("no other").isEqualTo("OK 0x00000000ffffffff");
    assertThat(guest.ask("writeq 0x5ffffff8 1")).as("512 MiB").isEqualTo("OK");
    assertThat(guest.ask("readq 0x5ffffff8")).isEqualTo("OK 0x0000000000000001");

    machine.toHandle().destroy();
    assertThat(machine.waitFor()).isZero();
    assertThat(RealProcess.printed(machine)).as("the test's own output").isEmpty();
    assertThat(RealProcess.complaints(machine))
        .isEqualTo("smmulator: of no effect here: -machine gic-version=3, -smp 1, -cpu max\n");
  }

  @Test
  void tellsWhatThereIsAndQuits() throws Exception {
    Process machine = start("-machine none");
    Line guest = accept(harness);
    Line monitor = accept(qmp);
    shakeHands(guest, monitor);

    assertThat(monitor.ask("{\"execute\": \"query-machines\"}")).contains("\"virt\"", "\"none\"");
    assertThat(
            monitor.ask(
                "{\"execute\": \"qom-list-types\", \"arguments\":"
                    + " {\"abstract\": false, \"implements\": \"device\"}}"))
        .contains("\"iommu-testdev\"", "\"edu\"")
        .doesNotContain("\"dma\"");
    assertThat(monitor.ask("{\"execute\": \"device_add\"}")).contains("CommandNotFound");
    assertThat(monitor.ask("no JSON")).contains("GenericError");
    assertThat(guest.ask("readl 0x4010008000")).as("no device").isEqualTo("OK 0x00000000ffffffff");
    assertThat(monitor.ask("{\"execute\": \"quit\"}")).isEqualTo("{\"return\":{}}");

    assertThat(machine.waitFor()).isZero();
    assertThat(RealProcess.complaints(machine)).isEmpty();
  }

  @Test
  void goesOnWithoutItsMonitorAndEndsWithItsTest() throws Exception {
    Process machine = start(TEST + " -device edu,dma_mask=0xffffffff,addr=0x5");
    Line guest = accept(harness);
    Line monitor = accept(qmp);
    shakeHands(guest, monitor);
    monitor.socket().close();

    assertThat(guest.ask("readl 0x4010028000")).as("slot 5").isEqualTo("OK 0x0000000011e81234");
    guest.socket().close();
    assertThat(machine.waitFor()).isZero();
  }

  @Test
  void anAnswerThatNobodyReadsHoldsNobodyUp() throws Exception {
    Process machine = start(TEST);
    Line guest = accept(harness);
    Line monitor = accept(qmp);
    shakeHands(guest, monitor);
    byte[] many = "{\"execute\": \"query-commands\"}\n".repeat(2_000).getBytes(UTF_8);
    monitor.socket().configureBlocking(false);
    for (int refused = 0; refused < 100; ) {
      refused = monitor.socket().write(ByteBuffer.wrap(many)) == 0 ? refused + 1 : 0;
      assertThat(guest.ask("endianness")).isEqualTo("OK little");
    }
    machine.toHandle().destroy();
    assertThat(machine.waitFor()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/stderr", "/dev/fd/2"})
  void showsWhatIsSaidWhenItIsToBeLogged(String file) throws Exception {
    Process machine = start("-machine virt -qtest-log " + file);
    Line guest = accept(harness);
    shakeHands(guest, accept(qmp));
    guest.socket().close();

    assertThat(machine.waitFor()).isZero();
    assertThat(RealProcess.complaints(machine)).contains("'endianness' is answered OK little");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-machine pc|-machine: machine 'pc'; there are virt and none",
        "-m 1|-machine: no machine; there are virt and none",
        "-machine virt -m 9999999G|machine.ramMiB: 10239998976 is out of range",
        "-machine virt -device e1000|-device: no 'e1000'; there are edu and iommu-testdev",
        "-machine virt -device dma|-device: no 'dma'; there are edu and iommu-testdev",
        "-machine virt -device edu,addr=2a|-device: addr=2a is no slot; use 1 to 1f, in hexadecimal",
        "-machine virt -device edu,addr=0|00:00.0 is not a slot of the root bus",
        "-machine virt -device edu,dma_mask=5|-device: dma_mask=5 is no row of ones",
        "-machine virt -m lots|-m: 'lots' is no size of memory; use MiB, or a number with M or G",
        "-machine virt -m 9999999|machine.ramMiB",
        "-machine virt -mon chardev=c,mode=control|-mon: there is no -chardev socket with id=c",
        "-machine virt -qtest vsock:1|-qtest: guest port 'vsock:1' names no kind of socket",
        "-machine virt -qtest unix:/none/there|cannot reach unix:/none/there",
        "-machine virt -chardev socket,id=char0,path=/none/there|cannot reach unix:/none/there",
        "-machine virt -chardev socket,id=char0,port=1|-chardev: use socket,path=PATH,id=char0"
      })
  void refusesAMachineThatIsNotThere(String options, String sentence) throws Exception {
    CommandRun run = CommandRun.of(words(options));

    assertThat(run.code()).isBetween(2, 3);
    assertThat(run.err()).contains(sentence).doesNotContain("internal");
  }

  @Test
  void refusesAFileWithoutAGuestPort() throws Exception {
    String[] words = words("-machine none");
    words[1] = folder.resolve("m.yaml").toString();
    Files.writeString(Path.of(words[1]), "machine: {name: m, ramMiB: 64}\n");
    CommandRun run = CommandRun.of(words);

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("m.yaml has no guest port; write guest: external in it");
  }
}
