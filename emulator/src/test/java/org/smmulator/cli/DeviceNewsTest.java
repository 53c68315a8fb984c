package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the terminal of a machine without a scenario says of its devices. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DeviceNewsTest {
  private static final String BUILT_IN =
      """
      machine: {name: news, ramMiB: 64}
      bus: {listen: ['127.0.0.1:0']}
      http: {listen: null}
      devices:
        - {id: '00:04.0', model: dma, name: mine}
      """;
  private static final String EXTERNAL =
      """
      machine: {name: news, ramMiB: 64}
      guest: {kind: external, port: 'tcp:127.0.0.1:0,server=on'}
      bus: {listen: ['127.0.0.1:0']}
      http: {listen: null}
      devices:
        - {id: '00:04.0', model: edu}
      """;

  @TempDir private Path folder;

  @SuppressWarnings("NullAway.Init") // each test starts one
  private Process machine;

  @SuppressWarnings("NullAway.Init")
  private BufferedReader said;

  private String bus = "";

  private void start(String yaml) throws IOException {
    Path file = Files.writeString(folder.resolve("machine.yaml"), yaml);
    machine = RealProcess.of("run", file.toString()).start();
    said = machine.errorReader(UTF_8);
    String prefix = "  devices: smmulator attach dma --bus ";
    List<String> lines = RealProcess.readUntil(said, line -> line.startsWith(prefix));
    bus = lines.get(lines.size() - 1).substring(prefix.length());
  }

  @AfterEach
  void stop() throws IOException {
    machine.descendants().forEach(ProcessHandle::destroyForcibly);
    machine.destroyForcibly();
    said.close();
  }

  private void awaitLine(String line) throws IOException {
    RealProcess.readUntil(said, line::equals);
  }

  private Process attachByHand(String... more) throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of("attach", "dma", "--bus", bus, "--id", "00:05.0", "--name", "by-hand"));
    words.addAll(List.of(more));
    return RealProcess.of(words.toArray(new String[0]))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private void attachesAndLeavesByHand(String... more) throws IOException {
    Process other = attachByHand(more);
    try {
      awaitLine("device 00:05.0 (by-hand, model dma) is attached");
      other.destroy();
      awaitLine("device 00:05.0 (by-hand, model dma) has left: detached");
    } finally {
      other.destroyForcibly();
    }
  }

  @Test
  void devicesOfTheFileArePluggedInWithoutAScenarioAndOthersByHand() throws IOException {
    start(BUILT_IN);
    awaitLine("device 00:04.0 (mine, model dma) is attached");
    attachesAndLeavesByHand();

    machine.children().forEach(ProcessHandle::destroyForcibly);
    RealProcess.readUntil(
        said,
        line -> line.startsWith("device 00:04.0 (mine, model dma) has left: the connection "));
  }

  @Test
  void severalDevicesOfOneProcessComeAndLeaveTogether() throws IOException {
    start(BUILT_IN);
    awaitLine("device 00:04.0 (mine, model dma) is attached");
    Process three = RealProcess.of(attachThree()).start();
    try {
      awaitOfAll(3, "is attached");
      try (BufferedReader says = three.inputReader(UTF_8)) {
        assertThat(says.readLine())
            .matches("3 dma are attached as \\S+ to \\S+ to " + bus + "; Ctrl-C detaches them");
        three.destroy();
        awaitOfAll(3, "has left: detached");
      }
    } finally {
      three.destroyForcibly();
    }
  }

  @Test
  void noneOfSeveralStaysIfOneFindsNoPlace() throws IOException, InterruptedException {
    start(BUILT_IN.replace("0']}", "0'], maxDevices: 3}"));
    awaitLine("device 00:04.0 (mine, model dma) is attached");
    Process three = RealProcess.of(attachThree()).start();
    try (BufferedReader says = three.errorReader(UTF_8)) {
      assertThat(says.readLine())
          .startsWith("smmulator: not attached to " + bus + ": ")
          .endsWith(", after 2 devices; they are detached");
      assertThat(three.waitFor()).isEqualTo(3);
      awaitOfAll(2, "has left: detached");
    } finally {
      three.destroyForcibly();
    }
  }

  private String[] attachThree() {
    return new String[] {"attach", "dma", "--bus", bus, "--count", "3", "--name", "one"};
  }

  /** In any order: the machine asks each what it is before it says that it is there. */
  private void awaitOfAll(int devices, String news) throws IOException {
    Pattern line = Pattern.compile("device \\S+ \\((one-\\d), model dma\\) " + news);
    Set<String> named = new TreeSet<>();
    while (named.size() < devices) {
      List<String> lines = RealProcess.readUntil(said, line.asMatchPredicate());
      Matcher last = line.matcher(lines.get(lines.size() - 1));
      assertThat(last.matches()).isTrue();
      named.add(last.group(1));
    }
    assertThat(named)
        .isEqualTo(new TreeSet<>(List.of("one-0", "one-1", "one-2").subList(0, devices)));
  }

  @Test
  void anExternalGuestsMachineSaysItToo() throws IOException {
    start(EXTERNAL);
    awaitLine("device 00:04.0 (edu@00:04.0, model edu) is attached");
    attachesAndLeavesByHand();
  }

  /** The machine and whoever follows its advice allow the address that the file allows. */
  @Test
  void devicesReachABusThatTheFileExposes() throws IOException {
    String exposed =
        BUILT_IN.replace("64}", "64, exposed: true}").replace("127.0.0.1:0", "0.0.0.0:0");
    start(exposed);
    assertThat(bus).matches("0\\.0\\.0\\.0:\\d+ --exposed");
    awaitLine("device 00:04.0 (mine, model dma) is attached");
    bus = bus.substring(0, bus.indexOf(' '));
    attachesAndLeavesByHand("--exposed");
  }

  @Test
  void aBrowserOnTheBusIsRefusedInOneLine() throws IOException {
    start(BUILT_IN);
    int colon = bus.lastIndexOf(':');
    try (Socket socket =
        new Socket(bus.substring(0, colon), Integer.parseInt(bus.substring(colon + 1)))) {
      socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
      socket.getInputStream().readAllBytes();
    }
    List<String> lines =
        RealProcess.readUntil(said, line -> line.startsWith("peer ") && line.contains("refused"));
    assertThat(lines.get(lines.size() - 1)).contains(" is refused: frame length of ");
    assertThat(lines).noneMatch(line -> line.contains("WARN") || line.contains("PROTOCOL"));
  }
}
