package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.device.AttachedDevice;
import org.smmulator.device.DeviceContext;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceOptions;
import org.smmulator.device.DmaException;
import org.smmulator.device.PciFunction;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.SummaryJson;
import org.smmulator.metrics.ViolationSummary;
import org.smmulator.metrics.ViolationSummary.Kind;

/**
 * An invalidation that the root complex loses, under a guest that goes on after the failed CMD_SYNC
 * as Linux does: the device, which never heard of it, keeps using the page.
 */
class LostInvalidationTest extends DrivenMachine {
  private static final int ID = 0x20;
  private static final int PASID = 5;
  private static final long BAR = 0x1000_0000L;
  private static final long VA = 0x7000L;
  private static final long PAGE = 0x4020_0000L;
  private static final int GERROR = 0x60;
  private static final int GERRORN = 0x64;
  private static final int ATC_INV_SYNC = 3;
  private static final String ISOLATED =
      "isolated since 100.000 ms: the ATC_INV of 0x7000 to 0x7fff of PASID 5 had no Invalidate"
          + " Completion within 100 ms";

  /** Reads memory when the test says so. */
  private static final class Reader implements DeviceModel {
    private volatile @Nullable DeviceContext context;

    @Override
    public PciFunction function() {
      return PciFunction.builder(0x534d, 0x7f02, 0xff0000)
          .memoryBar32(0, 0x1000)
          .ats(8)
          .pasid(8)
          .build();
    }

    int read(long address) throws DmaException {
      byte[] bytes = new byte[1];
      Objects.requireNonNull(context).dma().read(PASID, address, bytes, 0, 1);
      return bytes[0];
    }

    @Override
    public void start(DeviceContext started) {
      context = started;
    }

    @Override
    public long readBar(int bar, long offset, int sizeBytes) {
      return 0xcafe;
    }

    @Override
    public void writeBar(int bar, long offset, int sizeBytes, long value) {}

    @Override
    public void reset() {}

    @Override
    public void stop() {}
  }

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Reader device = new Reader();
  private final Logger log = (Logger) LoggerFactory.getLogger("org.smmulator.pcie.Isolation");
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

  @BeforeEach
  void listen() {
    logged.start();
    log.addAppender(logged);
    log.setLevel(Level.INFO);
  }

  @AfterEach
  void endDevice() {
    log.detachAppender(logged);
    log.setLevel(null); // as before: that of its parent
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private List<String> said() {
    return List.copyOf(logged.list).stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  private Harness begin(String sabotage) throws Exception {
    Harness guest =
        start(
            """
            guest: {kind: external, port: 'tcp:127.0.0.1:0,server=on'}
            bus:
              listen: ['127.0.0.1:0']
              invalidationTimeoutMillis: 100
              completionTimeoutMillis: 50000
            """
                + sabotage);
    BusAddress bus = BusAddress.parse(Objects.requireNonNull(machine).busAddresses().get(0));
    DeviceOptions options = DeviceOptions.of("test", "reader").withRequesterId(ID);
    AttachedDevice.connect((EventLoop) group.next(), bus, device, options).whenAttached().get();
    while (guest.number("readl 0x90c0000") == 0) {
      Thread.onSpinWait(); // training is still under way
    }
    guest.enable(ID, BAR);
    writeControl(guest, 0x1b, 1);
    writeControl(guest, 0x0f, 0x8000);
    guest.bringUp();
    guest.translate(ID);
    long entry = Harness.STREAM_TABLE + 64L * ID; // now with 8 contexts, that of PASID 5 as well
    guest.perform("writeq 0x%x 0x%x", entry, guest.number("readq 0x%x", entry) | 3L << 59);
    guest.perform("writeq 0x%x 0x%x", entry + 8, guest.number("readq 0x%x", entry + 8) | 2);
    long context = Harness.CONTEXT + 64L * PASID;
    guest.perform("writeq 0x%x 0x%x", context + 8, guest.number("readq 0x%x", Harness.CONTEXT + 8));
    guest.perform("writeq 0x%x 0x%x", context, guest.number("readq 0x%x", Harness.CONTEXT));
    guest.map(VA, PAGE);
    guest.perform("writeb 0x%x 0x11", PAGE);
    return guest;
  }

  /** The control register of an extended capability, which has its enable. */
  private static void writeControl(Harness guest, int capability, int value) throws Exception {
    long space = Harness.ECAM + ((long) ID << 12);
    int at = 0x100;
    for (long header; ; at = (int) (header >>> 20)) {
      header = guest.number("readl 0x%x", space + at);
      if ((header & 0xffff) == capability) {
        guest.perform("writew 0x%x 0x%x", space + at + 6, value);
        return;
      }
    }
  }

  /** Takes the page away: descriptor, TLB, SYNC, ATC, SYNC. */
  private static void unmap(Harness guest) throws Exception {
    guest.perform("writeq 0x%x 0", Harness.TABLES + 0x3000 + 8 * (VA >> 12));
    guest.command(0x10, 0);
    guest.command(0x46, 0);
    guest.command(0x40 | 1 << 11 | PASID << 12 | (long) ID << 32, VA);
    guest.command(0x46, 0);
  }

  /** Acknowledges the error, whereupon the SYNC is tried again, and goes on. */
  private static void goOn(Harness guest) throws Exception {
    assertThat(guest.readRegister(Harness.CMDQ_CONS) >>> 24 & 0x7f).isEqualTo(ATC_INV_SYNC);
    guest.writeRegister(GERRORN, guest.readRegister(GERROR));
    assertThat(guest.allCommandsDone()).isTrue();
  }

  private static String explained(Harness guest) throws Exception {
    guest.takeLines();
    assertThat(guest.ask("explain --stream 0x20 --pasid 5 --address 0x7000 --access read"))
        .startsWith("OK");
    return String.join("\n", guest.takeLines());
  }

  @Test
  void namesTheAccessAndTheInvalidationThatIsOverdue() throws Exception {
    Harness guest = begin("sabotage: {loseInvalidation: 1}\n");
    assertThat(device.read(VA)).isEqualTo(0x11);
    unmap(guest);
    assertThat(guest.allCommandsDone()).as("waits for the completion").isFalse();
    assertThat(guest.ask("clock_step 100000000")).startsWith("OK ");
    goOn(guest);
    guest.perform("writeb 0x%x 0x22", PAGE); // it has another owner now

    assertThat(device.read(VA)).as("through the old translation").isEqualTo(0x22);
    Summary summary = Objects.requireNonNull(machine).summary();
    ViolationSummary overdue =
        summary.verdict().violations().stream()
            .filter(violation -> violation.kind() == Kind.OVERDUE_ACCESS)
            .findFirst()
            .orElseThrow();
    assertThat(overdue.device()).isEqualTo("00:04.0");
    assertThat(overdue.pasid()).isEqualTo(PASID);
    assertThat(overdue.address()).isEqualTo("0x7000");
    assertThat(overdue.frame()).isEqualTo("0x40200000");
    assertThat(overdue.text())
        .startsWith(
            "read through a translation after the ATC_INV of 0x7000 to 0x7fff of PASID 5 was");
    assertThat(summary.verdict().passed()).isFalse();
  }

  @Test
  void saysEverywhereThatTheDeviceIsIsolatedUntilItIsReset() throws Exception {
    Harness guest = begin("sabotage: {loseInvalidation: 1}\n");
    assertThat(device.read(VA)).isEqualTo(0x11);
    assertThat(guest.number("readl 0x%x", BAR)).isEqualTo(0xcafe);
    assertThat(explained(guest)).doesNotContain("isolated", "registers:");
    unmap(guest);
    assertThat(guest.ask("clock_step 100000000")).startsWith("OK ");
    goOn(guest);
    assertThat(said())
        .containsExactly(
            "00:04.0 (reader) is "
                + ISOLATED
                + "; it is sent no invalidations and no register accesses until it is reset or"
                + " attached anew");

    assertThat(guest.number("readl 0x%x", BAR)).isEqualTo(0xffff_ffffL);
    assertThat(guest.number("readl 0x%x", BAR + 4)).isEqualTo(0xffff_ffffL);
    guest.perform("writel 0x%x 1", BAR + 8);
    assertThat(said().subList(1, said().size()))
        .containsExactly(
            "a read of its register at 0x10000000 is all ones, and so are all others: 00:04.0"
                + " (reader) is "
                + ISOLATED,
            "a write to its register at 0x10000008 is dropped, and so are all others: 00:04.0"
                + " (reader) is "
                + ISOLATED);
    assertThat(guest.number("readw 0x%x", Harness.ECAM + (ID << 12)))
        .as("its configuration space answers, or nobody could reset it")
        .isEqualTo(0x534d);

    assertThat(explained(guest))
        .contains(
            "device: 'reader' (test) at 00:04.0, " + ISOLATED,
            "registers: reads are answered with all ones (2 so far), writes dropped (1), until the"
                + " device is reset or attached anew");
    assertThatThrownBy(() -> Objects.requireNonNull(machine).processes())
        .hasMessage(
            "the guest is a program of yours; it knows its processes; reader (00:04.0) is "
                + ISOLATED);
    assertThat(Objects.requireNonNull(machine).streams().isolated())
        .containsExactly("reader (00:04.0) is " + ISOLATED);
    assertThat(SummaryJson.write(Objects.requireNonNull(machine).summary()))
        .contains("\"isolated\" : \"" + ISOLATED + "\"");

    guest.perform("writel 0x90c0008 0");
    while (guest.number("readl 0x90c0008") != 0) {
      assertThat(guest.ask("clock_step 1000"))
          .startsWith("OK "); // until it no longer wants retries
    }
    assertThat(said())
        .last()
        .asString()
        .isEqualTo("00:04.0 (reader) has been reset and is no longer isolated");
    assertThat(explained(guest)).doesNotContain("isolated", "registers:");
    assertThat(Objects.requireNonNull(machine).summary().devices().get(0).isolated()).isNull();
  }

  @Test
  void findsNothingWhereNoneIsLost() throws Exception {
    Harness guest = begin("");
    assertThat(device.read(VA)).isEqualTo(0x11);
    unmap(guest);
    while (!guest.allCommandsDone()) {
      Thread.onSpinWait(); // the device answers in its own time
    }
    assertThatThrownBy(() -> device.read(VA)).isInstanceOf(DmaException.class);
    assertThat(Objects.requireNonNull(machine).summary().verdict().violations()).isEmpty();
    assertThat(said()).isEmpty();
  }
}
