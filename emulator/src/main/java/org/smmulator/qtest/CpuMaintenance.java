package org.smmulator.qtest;

import java.util.Set;
import org.smmulator.arch.port.BroadcastTlbi;

/**
 * The command {@code cpu_tlbi}: TLB maintenance of a CPU, as the interconnect broadcasts it, and
 * the DSB behind it.
 */
final class CpuMaintenance {
  private static final int MOST_ASID = 0xffff;
  private static final long NONE = -1;

  private final HarnessMachine machine;
  private final BroadcastTlbi broadcast;

  CpuMaintenance(HarnessMachine machine) {
    this.machine = machine;
    this.broadcast = machine.smmu().broadcastTlbi();
  }

  /** {@code cpu_tlbi ASID|- VA|- [leaf]}. */
  String invalidate(Words words) throws CommandException {
    int asid = (int) words.numberOrDash("ASID", MOST_ASID, NONE);
    boolean hasAddress = !words.skipDash();
    long va = hasAddress ? words.number("VA") : 0;
    Set<String> flags = words.flags("leaf");
    long answered =
        LateAnswer.ask(
            machine,
            answer -> {
              machine.root().tlbMaintained();
              broadcast(asid, hasAddress, va, flags.contains("leaf"));
              broadcast.sync(() -> answer.accept(0));
            });
    if (answered == LateAnswer.NONE) {
      throw CommandException.failed(
          "nothing is cached any more, but a device has not answered another one's read that was"
              + " translated before; repeat the command to wait for it");
    }
    return "OK";
  }

  private void broadcast(int asid, boolean hasAddress, long va, boolean leaf) {
    if (hasAddress && asid >= 0) {
      broadcast.byVa(asid, va, leaf);
    } else if (hasAddress) {
      broadcast.byVaAllAsids(va, leaf);
    } else if (asid >= 0) {
      broadcast.byAsid(asid);
    } else {
      broadcast.all();
    }
  }
}
