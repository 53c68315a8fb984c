package org.smmulator.smmu.oracle;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What software knows of stalled transactions (IHI 0070 3.12.2), and what it does about them. A
 * stalled one is reported under a STAG, or silent: then there is a reported one of the same kind,
 * STALL_MAX are reported, or the event queue takes no records. Silent ones may be retried at any
 * time; reported ones end by CMD_RESUME, CMD_STALL_TERM, or when SMMUEN becomes 0.
 */
final class StalledAccesses {
  private static final int MOST = 5;
  private static final int RESUME = 0x44;
  private static final int STALL_TERM = 0x45;
  private static final long RETRY = 1L << 12;
  private static final long ABORT = 1L << 13;
  private static final int SILENT = -1;

  /** Of a record: privilege, instruction and direction. */
  private static final long KIND = 7L << 33;

  /** A transaction in the SMMU. */
  private static final class Stalled {
    final ClientAccess access;
    final long ticket;
    int stag = SILENT;
    long kind = -1;

    /** How it must end now, or null. */
    Outcome.@Nullable Kind end;

    Stalled(ClientAccess access, long ticket) {
      this.access = access;
      this.ticket = ticket;
    }

    /** Whether one record may speak for both. */
    boolean isLike(Stalled other) {
      return access.streamId() == other.access.streamId()
          && access.substreamId() == other.access.substreamId()
          && access.address() >>> 12 == other.access.address() >>> 12
          && access.write() == other.access.write();
    }
  }

  private final Chance chance;
  private final SmmuUnderTest smmu;
  private final Driver driver;
  private final RegisterValues registers;
  private final Possibilities possibilities;
  private final Coverage coverage;
  private final List<Stalled> stalled = new ArrayList<>();
  private final List<EventRecord> events = new ArrayList<>();

  /** Whether anything happened since the last look. */
  private boolean changed;

  StalledAccesses(
      Chance chance,
      SmmuUnderTest smmu,
      Driver driver,
      Possibilities possibilities,
      Coverage coverage) {
    this.chance = chance;
    this.smmu = smmu;
    this.driver = driver;
    this.registers = driver.registers();
    this.possibilities = possibilities;
    this.coverage = coverage;
  }

  /** An access has just stalled, with a record or silently. */
  void add(ClientAccess access, SmmuAnswer answer, @Nullable EventRecord event) {
    Stalled added = new Stalled(access, answer.ticket);
    stalled.add(added);
    changed = true;
    if (event != null) {
      report(added, event);
    } else {
      Outcome outcome = possibilities.find(access, each -> each.kind() == Outcome.Kind.STALL);
      added.kind = outcome == null ? -1 : kind(outcome);
    }
  }

  private void report(Stalled one, EventRecord event) {
    int stag = (int) event.dw1() & 0xffff;
    for (Stalled other : stalled) {
      require(
          other.stag != stag || other.access.streamId() != one.access.streamId(),
          one.access,
          "gets a STAG that is in use");
    }
    one.stag = stag;
    one.kind = event.dw1() & KIND;
  }

  /** Whether software does something about them now; it must where there are many. */
  boolean acts() {
    if (driver.losesEvents()) {
      return chance.percent(30);
    }
    if (stalled.isEmpty()) {
      return registers.stallModel() != 1 && chance.below(400) == 0;
    }
    return stalled.size() >= MOST || chance.percent(30);
  }

  /** Does something about them. */
  void act() {
    if (driver.losesEvents() && (stalled.isEmpty() || chance.percent(50))) {
      driver.makeRoom();
      coverage.count("event queue: full, and no longer");
    } else if (!driver.losesEvents() && (stalled.isEmpty() || chance.percent(1))) {
      driver.fillUp();
    } else {
      actOn(chance.oneOf(stalled));
    }
    changed = true;
    settle();
  }

  private void actOn(Stalled one) {
    int lot = chance.below(100);
    if (lot < 3) {
      disable();
    } else if (lot < 10) {
      terminate(one.access.streamId());
    } else if (lot < 14) {
      resumeAnother(one);
    } else {
      resume(one);
    }
  }

  /** Everything ends. */
  private void disable() {
    stalled.forEach(each -> each.end = Outcome.Kind.ABORT);
    driver.disable();
    driver.enableAgain();
    coverage.count("stalled: ended by SMMUEN = 0");
  }

  private void terminate(int streamId) {
    for (Stalled each : stalled) {
      if (each.access.streamId() == streamId) {
        each.end = Outcome.Kind.ABORT;
      }
    }
    driver.command(STALL_TERM | sid(streamId), 0);
    coverage.count("stalled: ended by CMD_STALL_TERM");
  }

  /** CMD_RESUME that names nothing: another stream, or a STAG that is not in use. */
  private void resumeAnother(Stalled one) {
    if (one.stag == SILENT || chance.percent(50)) {
      int free = chance.below(1 << 16);
      while (isInUse(free)) {
        free = (free + 1) & 0xffff;
      }
      driver.command(RESUME | sid(one.access.streamId()), free);
    } else {
      driver.command(RESUME | sid(one.access.streamId() ^ 1), one.stag);
    }
    coverage.count("stalled: CMD_RESUME of nothing");
  }

  private boolean isInUse(int stag) {
    return stalled.stream().anyMatch(each -> each.stag == stag);
  }

  private void resume(Stalled one) {
    if (one.stag == SILENT) {
      return;
    }
    int stag = one.stag;
    one.stag = SILENT;
    long how = 0;
    if (chance.percent(60)) {
      how = RETRY | (chance.percent(50) ? ABORT : 0);
      coverage.count("stalled: CMD_RESUME with retry");
    } else if (chance.percent(50)) {
      how = ABORT;
      one.end = Outcome.Kind.ABORT;
      coverage.count("stalled: CMD_RESUME with abort");
    } else {
      one.end = registers.abortOnly() ? Outcome.Kind.ABORT : Outcome.Kind.RAZ_WI;
      coverage.count("stalled: CMD_RESUME without abort, ends as " + one.end);
    }
    driver.command(RESUME | how | sid(one.access.streamId()), stag);
  }

  private static long sid(int streamId) {
    return Integer.toUnsignedLong(streamId) << 32;
  }

  /** Compares what became of them since they were looked at last, and reads all records. */
  void settle() {
    events.clear();
    do {
      EventRecord event = driver.takeEvent();
      while (event != null) {
        events.add(event);
        event = driver.takeEvent();
      }
    } while (driver.release());
    List<SmmuUnderTest.Resumed> resumed = smmu.takeResumed();
    if (!changed && events.isEmpty() && resumed.isEmpty()) {
      return;
    }
    changed = false;
    possibilities.hideWrites();
    resumed.forEach(this::ended);
    for (EventRecord each : events) {
      reportedAgain(each);
    }
    stalled.forEach(this::mayBeSilent);
    possibilities.checkWrites();
  }

  private void ended(SmmuUnderTest.Resumed what) {
    Stalled one = remove(what.ticket());
    require(one.stag == SILENT || one.end != null, one.access, "ended by itself");
    if (one.end != null) {
      require(one.end == what.kind(), one.access, "ended otherwise than told");
      return;
    }
    Outcome expected =
        possibilities.find(
            one.access,
            outcome ->
                outcome.kind() == what.kind()
                    && (outcome.kind() != Outcome.Kind.TRANSLATED || outcome.address() == what.pa())
                    && (outcome.event() == null
                        || driver.losesEvents()
                        || takeEvent(outcome.event())));
    if (expected == null) {
      throw new AssertionError(one.access + " ended as " + what + ", events " + events);
    }
    coverage.count("stalled: retried, ends as " + what.kind());
  }

  private boolean takeEvent(EventRecord wanted) {
    return events.remove(wanted);
  }

  private Stalled remove(long ticket) {
    for (Iterator<Stalled> all = stalled.iterator(); all.hasNext(); ) {
      Stalled each = all.next();
      if (each.ticket == ticket) {
        all.remove();
        return each;
      }
    }
    throw new AssertionError("nothing has the ticket " + ticket);
  }

  private void reportedAgain(EventRecord event) {
    for (Stalled each : stalled) {
      if (each.stag == SILENT
          && each.end == null
          && possibilities.find(each.access, outcome -> stallsWith(outcome, event)) != null) {
        report(each, event);
        coverage.count("stalled: reported after it was silent or retried");
        return;
      }
    }
    throw new AssertionError("nothing explains the event " + event);
  }

  private static long kind(Outcome stall) {
    EventRecord record = stall.event();
    return record == null ? -1 : record.dw1() & KIND;
  }

  /** Whether it stalled, or would now, with the same privilege, instruction and direction. */
  private boolean isOfKind(Stalled one, long kind) {
    if (one.kind != kind
        && possibilities.find(
                one.access,
                outcome -> outcome.kind() == Outcome.Kind.STALL && kind(outcome) == kind)
            != null) {
      one.kind = kind;
    }
    return one.kind == kind;
  }

  private static boolean stallsWith(Outcome outcome, EventRecord event) {
    EventRecord wanted = outcome.event();
    return outcome.kind() == Outcome.Kind.STALL
        && wanted != null
        && wanted.equals(
            new EventRecord(event.dw0(), event.dw1() & ~0xffffL, event.dw2(), event.dw3()));
  }

  private void mayBeSilent(Stalled one) {
    require(one.end == null, one.access, "did not end when told");
    if (one.stag != SILENT) {
      return;
    }
    int reported = 0;
    boolean duplicate = false;
    for (Stalled each : stalled) {
      if (each.stag != SILENT) {
        reported++;
        duplicate |= each.isLike(one) && isOfKind(one, each.kind);
      }
    }
    boolean full = reported >= registers.stallMax();
    require(duplicate || full || driver.losesEvents(), one.access, "stalls and nobody knows");
    if (duplicate) {
      coverage.count("stalled: silent, a duplicate");
    } else {
      coverage.count(full ? "stalled: silent, STALL_MAX reported" : "stalled: silent, queue full");
    }
    // It may be tried at any time, with what that writes.
    possibilities.may(one.access);
  }

  private static void require(boolean holds, ClientAccess access, String wrong) {
    if (!holds) {
      throw new AssertionError(access + " " + wrong);
    }
  }
}
