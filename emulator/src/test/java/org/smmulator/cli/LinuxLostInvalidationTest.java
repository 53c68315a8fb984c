package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.device.AttachedDevice;
import org.smmulator.device.DeviceOptions;
import org.smmulator.device.model.dma.DmaDevice;
import tools.jackson.databind.JsonNode;

/**
 * An ATC_INV that the root complex loses, under a real kernel: Linux goes on after a second, and
 * the device overwrites a page that has another owner by then. When its invalidation has timed out
 * it is cut off, and still does; the machine names what is overdue. Pages whose ATC_INV is not lost
 * are kept, here and in {@link LinuxBootTest}.
 *
 * <p>The device takes so long for each copy that it has copies left when all this has happened, how
 * fast the computer may be.
 */
@EnabledIfEnvironmentVariable(
    named = LinuxMachine.FOLDER,
    matches = ".+",
    disabledReason = "names no folder that 'configs/linux/fetch FOLDER --build' has filled")
@Timeout(value = 20, unit = TimeUnit.MINUTES) // a boot takes some seconds, on a busy computer more
class LinuxLostInvalidationTest {
  private static final String ID = "00:06.0";
  private static final int REQUESTER_ID = 6 << 3;
  private static final String COPIER = "0000:" + ID;

  /** Of each copy; a full ring of 4,096 takes 82 s. */
  private static final long WORK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** Some of the kernel's own come first, and those of the module's first unmaps. */
  private static final int LOST = 9;

  private static final int TIMEOUT_MILLIS = 4000;
  private static final String LIVE_PAGE = "live page: http://";

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

  @TempDir private Path folder;

  @AfterEach
  void endDevice() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Test
  void isSeenByTheKernelAndNamedByTheMachine() throws Exception {
    List<String> words =
        List.of(
            "--http",
            "127.0.0.1:0",
            "--set",
            "sabotage.loseInvalidation=" + LOST,
            "--set",
            "bus.invalidationTimeoutMillis=" + TIMEOUT_MILLIS);
    try (LinuxMachine machine = new LinuxMachine(folder, LinuxMachine.Software.typed(), words)) {
      String said = machine.says(LIVE_PAGE);
      String http = said.substring(said.indexOf(LIVE_PAGE) + LIVE_PAGE.length()).replace("/", "");
      attach(machine);
      try (LinuxGuest guest = machine.boot(List.of())) {
        guest.does("load pasid.ko outlast=20 only=" + COPIER);
        String unused = guest.awaits("pasid: done, ");
        overwrote(guest.said());
        unused = machine.says(ID + " (slow) is isolated since ");
        guest.does("peek " + COPIER);
        unused = guest.awaits("boot: " + COPIER + " reads 0xffffffff");
        unused = machine.says("a read of its register at ");
        isolated(http);
        guest.off();
        JsonNode summary = machine.end();
        List.of("under copies ", "SYNC timeout", "CMDQ error", "reads 0x").forEach(guest::print);
        named(summary);
      }
    }
  }

  private void attach(LinuxMachine machine) throws Exception {
    DeviceOptions options =
        DeviceOptions.of("dma", "slow").withRequesterId(REQUESTER_ID).withAtc(16, 4);
    int unused =
        AttachedDevice.connect(
                (EventLoop) group.next(),
                BusAddress.parse(machine.bus()),
                new DmaDevice(1, 0, WORK_NANOS),
                options)
            .whenAttached()
            .get();
    while (!Files.exists(machine.sockets().resolve(ID + ".sock"))) {
      TimeUnit.MILLISECONDS.sleep(10); // it comes soon after the device
    }
  }

  /** Pages are kept until one ATC_INV is lost; that page is overwritten, and again at the end. */
  private static void overwrote(List<String> said) {
    List<String> rounds = said.stream().filter(line -> line.contains(": under copies ")).toList();
    assertThat(rounds).hasSizeGreaterThan(2);
    int kept = rounds.size() - 2;
    assertThat(rounds.subList(0, kept)).allMatch(line -> line.endsWith("KEPT"));
    assertThat(rounds.get(kept)).endsWith("after it was handed out again OVERWRITTEN");
    assertThat(rounds.get(kept + 1)).endsWith("is cut off, and then the page OVERWRITTEN");
    assertThat(said).anyMatch(line -> line.contains("CMD_SYNC timeout"));
  }

  private static void isolated(String http) {
    assertThat(
            asked(
                "explain",
                "--http",
                http,
                "--stream",
                ID,
                "--pasid",
                "5",
                "--address",
                "0x10002000",
                "--access",
                "write"))
        .contains(ID + ", isolated since ", "registers: reads are answered with all ones");
    assertThat(asked("ps", "--http", http)).contains("slow (" + ID + ") is isolated since ");
    assertThat(asked("stats", "--http", http, "--json"))
        .as("what the live page shows")
        .contains("\"isolated\" : \"isolated since ");
  }

  /** What a command says on either stream. */
  private static String asked(String... words) {
    StringWriter said = new StringWriter();
    PrintWriter writer = new PrintWriter(said, true);
    int unused =
        SmmulatorCommand.commandLine(FakeLauncher::new)
            .setOut(writer)
            .setErr(writer)
            .execute(words);
    return said.toString();
  }

  private static void named(JsonNode summary) {
    JsonNode violations = summary.at("/verdict/violations");
    System.out.println("violations: " + violations);
    assertThat(summary.at("/verdict/overdueAccesses").asLong()).isPositive();
    JsonNode overdue = violation(violations, "OVERDUE_ACCESS");
    assertThat(overdue.get("text").asString())
        .startsWith(
            "write through a translation after the ATC_INV of 0x10002000 to 0x10002fff of PASID 5"
                + " was given up without an answer");
    JsonNode lost = violation(violations, "PROTOCOL_VIOLATION");
    assertThat(lost.get("text").asString())
        .startsWith(
            "no Invalidate Completion within "
                + TIMEOUT_MILLIS
                + " ms for 0x10002000 to 0x10002fff; still granted: 0x");
    assertThat(summary.at("/verdict/clean").asBoolean()).isFalse();
  }

  /** What the device did to that page; it goes on, and uses others that are overdue by then. */
  private static JsonNode violation(JsonNode violations, String kind) {
    for (JsonNode violation : violations) {
      assertThat(violation.get("device").asString()).isEqualTo(ID);
      if (violation.get("kind").asString().equals(kind)
          && violation.get("address").asString().equals("0x10002000")) {
        assertThat(violation.get("pasid").asInt()).isEqualTo(5);
        return violation;
      }
    }
    throw new AssertionError("no " + kind + " of that page in " + violations);
  }
}
