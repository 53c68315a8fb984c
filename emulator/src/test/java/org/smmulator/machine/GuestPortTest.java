package org.smmulator.machine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.launch.UserException;
import org.smmulator.record.Recorder;

/** Connections, clocks, mistakes and hostile input at the guest port. */
class GuestPortTest extends DrivenMachine {
  private static final int SID = EDU_SID;
  private static final long EDU = 0x1000_0000L;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "quit | FAIL Unknown command 'quit'",
        "readl | ERR readl needs ADDR",
        "readl zebra | ERR ADDR 'zebra' is not a number of 64 bits",
        "readl 0x10000000000000000 | ERR ADDR '0x10000000000000000' is not a number of 64 bits",
        "readl 0x-1 | ERR ADDR '0x-1' is not a number of 64 bits",
        "readl 0 | FAIL abort: nothing answers at 0x0",
        "writel 0x3ffffffe 0 | FAIL abort: nothing answers at 0x3ffffffe",
        "readq 0x43fffffc | FAIL abort: nothing answers at 0x43fffffc",
        "readl 0xffffffffffffffff | FAIL abort: nothing answers at 0xffffffffffffffff",
        "memset 0x40000000 0xffffffffffffffff 1 | FAIL abort: nothing answers at 0x40000000",
        "read 0x40000000 0 | ERR SIZE is 0; it must be 1 to 4194304",
        "read 0x40000000 0xffffffffffffffff | ERR SIZE is 18446744073709551615; it must be",
        "write 0x40000000 4 0x | ERR invalid argument size",
        "write 0x40000000 4 0xzz | ERR DATA '0xzz' is not hexadecimal",
        "b64write 0x40000000 4 *** | ERR DATA '***' is not base64",
        "clock_step -1 | ERR NS is 18446744073709551615; it must be 0 to",
        "smmu_read 0x100000000 - 0 1 | ERR SID is 4294967296; it must be 0 to 4294967295",
        "smmu_read 0 0x100000 0 1 | ERR SSID is 1048576; it must be 0 to 1048575",
        "smmu_read 0 - 0 1 sideways | ERR smmu_read has no 'sideways'; it may have translated,",
        "smmu_write 0 - 0 1 | ERR smmu_write needs DATA",
        "smmu_ats 0 - 0 17 | ERR COUNT is 17; it must be 1 to 16",
        "smmu_page_request 0 - 0 512 r | ERR PRGI is 512; it must be 0 to 511",
        "atc_inv_done 32 | ERR ITAG is 32; it must be 0 to 31",
        "cpu_tlbi 65536 - | ERR ASID is 65536; it must be",
        "cpu_tlbi 7 | ERR cpu_tlbi needs VA"
      })
  void mistakesAreAnsweredInOneLine(String command, String answer) throws Exception {
    Harness harness = startBare();
    assertThat(harness.ask(command)).startsWith(answer);
    assertThat(harness.ask("endianness")).isEqualTo("OK little");
  }

  @Test
  void anOverlongLineIsThrownAwayAndTheNextOneCounts() throws Exception {
    Harness harness = startBare();
    harness.send("write 0x40000000 4 0x");
    for (int i = 0; i < 100; i++) {
      harness.send("00".repeat(50_000));
    }
    harness.send("\n");
    assertThat(harness.receive()).startsWith("ERR the line is longer than ");
    assertThat(harness.ask("endianness")).isEqualTo("OK little");
  }

  @Test
  void randomBytesAreAnsweredLineByLine() throws Exception {
    Harness harness = startBare();
    long seed = Long.getLong("smmulator.seed", 1);
    System.out.println("smmulator.seed=" + seed);
    SplittableRandom random = new SplittableRandom(seed);
    String[] heads = {
      "", "readl ", "smmu_read ", "write 0x40000000 ", "clock_step ", "smmu_ats 1 "
    };
    for (int i = 0; i < 500; i++) {
      StringBuilder line = new StringBuilder(heads[random.nextInt(heads.length)]);
      for (int length = random.nextInt(60); length > 0; length--) {
        line.append((char) (random.nextInt(4) == 0 ? random.nextInt(256) : random.nextInt(32, 64)));
      }
      String sent = line.toString().replace("\n", "");
      assertThat(harness.ask(sent)).as(sent).matches("(OK|FAIL|ERR).*");
    }
  }

  @Test
  void answersThatNobodyTakesKeepNobodyElseWaitingOnceTheHarnessIsGone() throws Exception {
    Harness harness = startBare();
    harness.send("read 0x40000000 0x400000\n".repeat(2000));
    harness.close();
    try (Harness second = connect()) {
      assertThat(second.ask("endianness")).isEqualTo("OK little");
    }
  }

  @Test
  void manyCommandsMayBeSentAtOnceAndAreAnsweredInOrder() throws Exception {
    Harness harness = startBare();
    StringBuilder commands = new StringBuilder();
    for (int i = 0; i < 2000; i++) {
      commands.append(String.format("writel 0x40000000 %d%nreadl 0x40000000%n", i));
    }
    harness.send(commands.toString());
    for (int i = 0; i < 2000; i++) {
      assertThat(harness.receive()).isEqualTo("OK");
      assertThat(harness.receive()).isEqualTo(String.format("OK 0x%016x", i));
    }
  }

  @Test
  void theNextHarnessFindsTheMachineAsTheOneBeforeLeftIt() throws Exception {
    Harness harness = startBare();
    harness.perform("writel 0x40000000 0x1234");
    harness.perform("irq_intercept_in gic");
    try (Harness second = connect()) {
      second.send("readl 0x40000000\nwritel 0x08020040 80\n");
      harness.perform("writel 0x40000000 0x5678");
      harness.send("writel 0x40000000 0x99");
      harness.close();

      assertThat(second.receive()).isEqualTo("OK 0x0000000000005678");
      assertThat(second.receive()).as("interception ended with the harness").isEqualTo("OK");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"unix", "tcp"})
  void oneHarnessTooManyIsToldWhyBeforeItIsClosed(String kind) throws Exception {
    String port =
        kind.equals("tcp") ? "tcp:127.0.0.1:0,server=on" : "unix:" + folder + "/s,server=on";
    Harness harness = start("guest: {kind: external, port: '" + port + "'}\n");
    List<Harness> waiting = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      waiting.add(connect());
    }
    try (Harness late = connect()) {
      late.send("endianness\nreadl 0x40000000\n");
      assertThat(late.receive())
          .isEqualTo("ERR 16 harnesses wait for their turn; try again when one has left");
      assertThatThrownBy(late::receive).hasMessageContaining("closed the guest port");
    }
    harness.close();
    assertThat(waiting.get(0).ask("endianness")).as("the first that waited").isEqualTo("OK little");
    for (Harness each : waiting) {
      each.close();
    }
  }

  @Test
  void ofAHarnessThatWaitsOnlyLittleIsRead() throws Exception {
    Harness harness = startBare();
    try (SocketChannel waiting =
        SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("s")))) {
      waiting.configureBlocking(false);
      long taken = 0;
      int inVain = 0;
      while (inVain < 5) {
        int sent = waiting.write(ByteBuffer.wrap("readl 0".repeat(10_000).getBytes(ISO_8859_1)));
        taken += sent;
        inVain = sent == 0 ? inVain + 1 : 0;
        assertThat(harness.ask("endianness")).as("the port has looked at both").startsWith("OK");
        assertThat(taken).isLessThan(4L << 20);
      }
    }
  }

  @Test
  void aHarnessThatListensIsCalledAndItsEndIsTheMachines() throws Exception {
    Path path = folder.resolve("harness");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(path));
      machine =
          new Launcher()
              .start(
                  Machines.config(
                      folder, MACHINE + "guest: {kind: external, port: 'unix:" + path + "'}\n"),
                  Recorder.OFF);
      opened = new Harness(server.accept());
      assertThat(opened.ask("endianness")).isEqualTo("OK little");
      opened.close();
      machine.awaitEnd();
    }
  }

  @Test
  void aPortThatCannotBeOpenedIsOneSentenceAndLeavesNothingRunning() throws Exception {
    String nobody = "guest: {kind: external, port: 'unix:" + folder.resolve("nobody") + "'}\n";
    assertThatThrownBy(
            () -> new Launcher().start(Machines.config(folder, MACHINE + nobody), Recorder.OFF))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("nobody")
        .hasMessageEndingWith("change guest.port, or free it");
  }

  @Test
  void onTcpAndRealTimeEduNeedsNoClockStep() throws Exception {
    Harness harness =
        start(
            "guest: {kind: external, port: 'tcp:127.0.0.1:0,server=on', clock: wall}\n" + DEVICES);
    harness.enable(SID, EDU);
    harness.perform("writeq 0x40200000 0x1234");
    harness.perform("writeq 0x%x 0x40000", EDU + 0x80);
    harness.perform("writeq 0x%x 0x08020040", EDU + 0x88);
    harness.perform("writeq 0x%x 4", EDU + 0x90);
    harness.perform("irq_intercept_in gic");
    harness.perform("writeq 0x%x 7", EDU + 0x98);

    assertThat(harness.receive()).as("comes by itself").isEqualTo("IRQ raise 3");
    assertThat(harness.ask("clock_step 1")).startsWith("FAIL real time moves by itself");
  }
}
