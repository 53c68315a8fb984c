package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.FrameKind;
import org.smmulator.bus.wire.Hello;
import org.smmulator.bus.wire.HelloAck;
import org.smmulator.bus.wire.InProcessWire;
import org.smmulator.bus.wire.Link;
import org.smmulator.bus.wire.LinkEnd;
import org.smmulator.bus.wire.LinkHandler;
import org.smmulator.bus.wire.NettyLoop;
import org.smmulator.counter.Counts;
import org.smmulator.execution.Loop;
import org.smmulator.execution.ThreadExecution;
import org.smmulator.guest.mm.FrameAllocator;
import org.smmulator.memory.SparseMemory;
import org.smmulator.metrics.ExpectationResults;
import org.smmulator.metrics.Verdict;
import org.smmulator.metrics.VerdictCounter;
import org.smmulator.pcie.ledger.AtcInvalidation;
import org.smmulator.pcie.ledger.FunctionGrants;
import org.smmulator.pcie.ledger.RevocationScope;
import org.smmulator.pcie.ledger.Violation;
import org.smmulator.record.Recorder;
import org.smmulator.vfio.VfioCounter;

/** Every check finds another number of things in another number of things. */
class SummaryCollectorTest {
  private static final long FRAME = 0x4000_0000L;
  private static final long VA = 0x7f00_0000_0000L;
  private static final int READ_WRITE = 3;

  @TempDir private Path folder;

  private final EventLoopThread thread = new EventLoopThread("hardware");

  @AfterEach
  void close() {
    thread.close();
  }

  private static RevocationScope page(int index) {
    long va = VA + 4096L * index;
    return new RevocationScope(3, false, va, va + 0xfff);
  }

  private static void access(FunctionGrants device, int page, int times) {
    for (int i = 0; i < times; i++) {
      device.checkAccess(FRAME + 4096L * page, true);
    }
  }

  /** A peer that says hello, breaks rules and sends what is none of its business. */
  private static final class Impostor implements LinkHandler {
    private @Nullable Link link;

    @Override
    public void connected(Link connected) {
      link = connected;
      connected.sendHello(Hello.of(0x20, "script", "device"));
    }

    @Override
    public void helloAck(HelloAck ack) {
      for (int i = 0; i < 6; i++) {
        TlpWriter.invalidateCompletion(begin(), 0, ack.requesterId(), 0, 1, 0);
        end();
        TlpWriter.configRead(begin(), ack.requesterId(), i, 0, 0, 4);
        end();
      }
      Objects.requireNonNull(link).flush();
    }

    private ByteBuf begin() {
      return Objects.requireNonNull(link).begin(FrameKind.TLP);
    }

    private void end() {
      Objects.requireNonNull(link).end();
    }

    @Override
    public void tlp(Tlp tlp) {}

    @Override
    public void closed(LinkEnd end) {}
  }

  /** Six rules broken in twelve packets. */
  private static void breakRules(Board board) {
    LinkHandler port = board.rootComplex().newPort();
    Loop loop = board.loop();
    board.ask(
        () -> {
          InProcessWire.join(port, loop, new Impostor(), loop, board.linkLimits());
          return 0;
        });
    long judged = 0;
    for (int turn = 0; turn < 10_000 && judged < 12; turn++) {
      judged = board.ask(() -> board.rootComplex().counters().packetsJudged());
    }
  }

  private static int useGrants(Board board) {
    FunctionGrants device = board.ledger().attach("00:04.0");
    for (int i = 0; i < 30; i++) {
      device.grant(3, VA + 4096L * i, FRAME + 4096L * i, 12, READ_WRITE);
    }
    for (int i = 0; i < 8; i++) {
      device.revoke(new AtcInvalidation(page(i), 0, 0, 0), board.ledger().mark());
    }
    device.giveUp(page(8), board.ledger().mark(), 0);
    access(device, 8, 4);
    access(device, 1000, 3);
    access(device, 20, 9);
    for (int i = 0; i < 5; i++) {
      board.ledger().freed(FRAME + 4096L * (15 + i), 0);
    }
    for (int i = 0; i < 10; i++) {
      board.ledger().freed(FRAME + 4096L * (2000 + i), 0);
    }
    return 0;
  }

  private static void check(DataCheck check) {
    for (int i = 0; i < 11; i++) {
      check.begun();
    }
    check.compared(1300);
    for (int i = 0; i < 9; i++) {
      DataCheck.Finding finding =
          new DataCheck.Finding("00:04.0", Violation.NONE, VA, "finding " + i);
      if (i < 2) {
        check.report(finding);
      } else {
        check.reportUnended(finding);
      }
    }
  }

  @Test
  void whatTheChecksFoundAndLookedAtIsKeptUnderItsName() throws Exception {
    try (Board board =
        new Board(
            Machines.config(folder, "machine: {name: board, ramMiB: 64}\n"),
            new SparseMemory(MemoryMap.RAM, 64 << 20),
            new ThreadExecution(),
            new NettyLoop(thread.eventLoop()),
            intid -> {},
            Recorder.OFF)) {
      DataCheck check = new DataCheck(board.violations());
      check(check);
      board.ask(() -> useGrants(board));
      breakRules(board);
      Supplier<Counts<VfioCounter>> none = () -> Counts.unknown(VfioCounter.class);
      Verdict verdict =
          new SummaryCollector(board, null, none, check, List::of, () -> ExpectationResults.NONE)
              .collect()
              .verdict();
      assertThat(verdict.found())
          .hasToString(
              "[DATA_MISMATCHES 2, STALE_ACCESSES 3, OVERDUE_ACCESSES 4, FREED_UNDER_GRANT 5,"
                  + " PROTOCOL_VIOLATIONS 6, KERNEL_FAILURES 0, UNENDED_OPERATIONS 7]");
      assertThat(verdict.checked())
          .as("of 30 grants 8 were revoked, and 5 ended with their frame, which is a violation")
          .hasToString(
              "[OPERATIONS 11, BYTES_COMPARED 1300, ACCESSES_CHECKED 16, GRANTS_GIVEN 30,"
                  + " GRANTS_REVOKED 8, GRANTS_LIVE 17, FRAMES_FREED 15, PACKETS_JUDGED 12]");
    }
  }

  /** Free memory that somebody has written to is other data than it must be. */
  @Test
  void framesTouchedWhileFreeAreDataMismatches() throws Exception {
    String yaml = "machine: {name: guest, ramMiB: 64}\nguest: {frameQuarantine: 0}\n";
    Machine machine = Machine.start(Machines.config(folder, yaml), Recorder.OFF);
    try {
      FrameAllocator frames = machine.kernel().frames();
      long freed = frames.allocate();
      frames.put(freed);
      machine.board().ram().store64(freed + 8, 1);
      for (long next = frames.allocate(); next != freed; next = frames.allocate()) {
        assertThat(machine.summary().verdict().found(VerdictCounter.DATA_MISMATCHES)).isZero();
      }
      assertThat(machine.summary().verdict().found(VerdictCounter.DATA_MISMATCHES)).isEqualTo(1);
    } finally {
      machine.close();
    }
  }
}
