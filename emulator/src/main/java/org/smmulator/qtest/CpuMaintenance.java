package org.smmulator.qtest;

import java.util.Set;
import org.smmulator.arch.port.BroadcastTlbi;
import org.smmulator.time.SteppedHardware;

/** The command {@code cpu_tlbi}: TLB maintenance of a CPU, as the interconnect broadcasts it. */
final class CpuMaintenance {
  private static final int MOST_ASID = 0xffff;
  private static final long NONE = -1;

  private final SteppedHardware hardware;
  private final BroadcastTlbi broadcast;

  CpuMaintenance(SteppedHardware hardware, BroadcastTlbi broadcast) {
    this.hardware = hardware;
    this.broadcast = broadcast;
  }

  /** {@code cpu_tlbi ASID|- VA|- [leaf]}. */
  String invalidate(Words words) throws CommandException {
    int asid = (int) words.numberOrDash("ASID", MOST_ASID, NONE);
    boolean hasAddress = !words.skipDash();
    long va = hasAddress ? words.number("VA") : 0;
    Set<String> flags = words.flags("leaf");
    boolean leaf = flags.contains("leaf");
    hardware.run(
        () -> {
          if (hasAddress && asid >= 0) {
            broadcast.byVa(asid, va, leaf);
          } else if (hasAddress) {
            broadcast.byVaAllAsids(va, leaf);
          } else if (asid >= 0) {
            broadcast.byAsid(asid);
          } else {
            broadcast.all();
          }
        });
    return "OK";
  }
}
