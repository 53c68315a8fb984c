package org.smmulator.smmu.oracle;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Performs accesses and compares: outcome, event record, and what hardware wrote. While a word is
 * edited and not yet invalidated, each use of it may see the old or the new value.
 */
final class Comparison implements Possibilities {
  private static final int MOST_STALE_READS = 10;

  private final Chance chance;
  private final SmmuUnderTest smmu;
  private final Arena arena;
  private final Driver driver;
  private final ReferenceSmmu reference;
  private final RegisterValues registers;
  private final Coverage coverage;
  private final Map<Long, Long> mayChange = new HashMap<>();
  private final Map<Long, Long> mustChange = new HashMap<>();
  private long staleAt = -1;
  private long stale;
  private long accesses;
  private boolean wrote;
  private final StalledAccesses stalled;
  private String lastEdit = "no edit";

  Comparison(Chance chance, SmmuUnderTest smmu, Arena arena, Driver driver, Coverage coverage) {
    this.smmu = smmu;
    this.arena = arena;
    this.driver = driver;
    this.registers = driver.registers();
    this.coverage = coverage;
    reference = new ReferenceSmmu(registers, arena);
    this.chance = chance;
    stalled = new StalledAccesses(chance, smmu, driver, this, coverage);
  }

  /** What a failure shall say was changed last. */
  void noteEdit(Edit edit) {
    lastEdit = "last edit " + edit;
  }

  /** From now on, hardware may still use the value that a word had. */
  void edited(long pa, long before) {
    staleAt = pa;
    stale = before;
  }

  /** From now on, hardware uses what memory holds. */
  void invalidated() {
    staleAt = -1;
  }

  long accesses() {
    return accesses;
  }

  /** Whether hardware wrote to memory. */
  boolean check(ClientAccess access) {
    accesses++;
    wrote = false;
    begin();
    if (chance.below(250) == 0) {
      explain(access);
    }
    SmmuAnswer answer = smmu.perform(access);
    EventRecord event = driver.takeEvent();
    EventRecord second = event == null ? null : driver.takeEvent();
    hideWrites();
    String wrong = second != null ? "two events" : difference(access, answer, event);
    arena.redoWrites();
    if (wrong != null) {
      throw new AssertionError(describe(access, answer, event, wrong));
    }
    try {
      if (answer.kind == Outcome.Kind.STALL) {
        stalled.add(access, answer, event);
      }
      begin();
      stalled.settle();
      if (stalled.acts()) {
        begin();
        stalled.act();
      }
    } catch (AssertionError stallWrong) {
      throw new AssertionError(
          stallWrong.getMessage() + " after " + describe(access, answer, event, ""), stallWrong);
    }
    return wrote;
  }

  /** What the SMMU explains follows the tables as they are, and changes nothing. */
  private void explain(ClientAccess access) {
    String explained = smmu.explain(access);
    Outcome fresh = reference.outcome(access);
    if (access.kind() == ClientAccess.Kind.UNTRANSLATED) {
      boolean goesOn = fresh.kind() == Outcome.Kind.TRANSLATED;
      boolean same =
          goesOn
              ? explained.contains(String.format("result: goes on at 0x%x\n", fresh.address()))
              : !explained.contains("result: goes on");
      if (!same) {
        throw new AssertionError(access + " is " + fresh + ", explained as " + explained);
      }
      coverage.count("explained: " + (goesOn ? "goes on" : "does not"));
    }
    if (arena.written() != 0) {
      throw new AssertionError("explaining wrote to memory");
    }
  }

  /** What something other than an access writes, or may have written. */
  void expect(List<Outcome.Update> updates, boolean due) {
    for (Outcome.Update update : updates) {
      long change = update.before() ^ update.after();
      mayChange.merge(update.pa(), change, (a, b) -> a | b);
      if (due) {
        mustChange.merge(update.pa(), change, (a, b) -> a | b);
      }
    }
  }

  @Override
  public void begin() {
    arena.forgetWrites();
    mayChange.clear();
    mustChange.clear();
  }

  @Override
  public void hideWrites() {
    wrote |= arena.written() > 0;
    arena.undoWrites();
  }

  @Override
  public @Nullable Outcome find(ClientAccess access, Predicate<Outcome> happened) {
    Outcome outcome = reference.outcome(access, staleAt, stale, 0);
    int reads = reference.staleReads();
    for (long choice = 0; !happened.test(outcome); choice++) {
      if (reads == 0 || choice >= 1L << Math.min(reads, MOST_STALE_READS)) {
        return null;
      }
      outcome = reference.outcome(access, staleAt, stale, choice == 0 ? -1 : choice);
      reads = Math.max(reads, reference.staleReads());
      may(outcome);
    }
    must(outcome);
    return outcome;
  }

  @Override
  public void may(ClientAccess access) {
    if (arena.written() == 0) {
      return;
    }
    may(reference.outcome(access, staleAt, stale, 0));
    may(reference.outcome(access, staleAt, stale, -1));
  }

  @Override
  public void checkWrites() {
    String wrong = writes();
    arena.redoWrites();
    if (wrong != null) {
      throw new AssertionError(wrong);
    }
  }

  private @Nullable String difference(
      ClientAccess access, SmmuAnswer answer, @Nullable EventRecord event) {
    Outcome fresh = reference.outcome(access, staleAt, stale, 0);
    int reads = reference.staleReads();
    String wrong = against(fresh, access, answer, event, 0);
    if (wrong == null) {
      coverage.count(access, fresh);
    }
    if (reads == 0) {
      return wrong;
    }
    mustChange.clear();
    for (long choice = 1; choice < 1L << Math.min(reads, MOST_STALE_READS); choice++) {
      long oldReads = choice == 1 ? -1 : choice == 2 ? 1 : choice;
      Outcome mixed = reference.outcome(access, staleAt, stale, oldReads);
      reads = Math.max(reads, reference.staleReads());
      if (wrong != null) {
        wrong = against(mixed, access, answer, event, oldReads);
        if (wrong == null) {
          coverage.count(access, mixed);
        }
        mustChange.clear();
      } else if (choice > 1) {
        break;
      }
      may(mixed);
    }
    return wrong == null ? writes() : wrong;
  }

  private void may(Outcome outcome) {
    for (Outcome.Update update : outcome.updates()) {
      mayChange.merge(update.pa(), update.before() ^ update.after(), (a, b) -> a | b);
    }
  }

  private void must(Outcome outcome) {
    may(outcome);
    if (outcome.updatesDue() && staleAt < 0) {
      for (Outcome.Update update : outcome.updates()) {
        mustChange.merge(update.pa(), update.before() ^ update.after(), (a, b) -> a | b);
      }
    }
  }

  /** What differs from an outcome, or null. */
  private @Nullable String against(
      Outcome expected,
      ClientAccess access,
      SmmuAnswer answer,
      @Nullable EventRecord event,
      long oldReads) {
    must(expected);
    String wrong = eventDifference(expected, access, event);
    if (wrong != null) {
      return wrong;
    }
    if (access.kind() == ClientAccess.Kind.TRANSLATION_REQUEST) {
      wrong = completionDifference(expected, access, answer, oldReads);
    } else if (expected.kind() != answer.kind) {
      wrong = "expected " + expected;
    } else if (expected.kind() == Outcome.Kind.TRANSLATED && expected.address() != answer.pa) {
      wrong = "expected " + expected;
    }
    return wrong == null && staleAt < 0 ? writes() : wrong;
  }

  private @Nullable String eventDifference(
      Outcome expected, ClientAccess access, @Nullable EventRecord event) {
    EventRecord wanted = expected.event();
    if (wanted == null || event == null) {
      boolean silent = expected.kind() == Outcome.Kind.STALL;
      boolean lost =
          wanted != null
              && driver.losesEvents()
              && (driver.hasOverflowed() || driver.mergesWithLast(wanted));
      boolean none = event == null && (wanted == null || silent || lost);
      return none ? null : "expected event " + wanted + " of " + expected;
    }
    long unknown = 0;
    if (expected.kind() == Outcome.Kind.STALL) {
      unknown = 0xffff;
    } else if (wanted.type() == ExpectedFault.F_BAD_ATS_TREQ) {
      unknown = 0xf;
    } else if (wanted.type() == ExpectedFault.F_WALK_EABT
        && access.kind() == ClientAccess.Kind.TRANSLATION_REQUEST) {
      unknown = 3L << 34;
    }
    boolean same =
        wanted.dw0() == event.dw0()
            && (wanted.dw1() | unknown) == (event.dw1() | unknown)
            && wanted.dw2() == event.dw2()
            && wanted.dw3() == event.dw3();
    return same ? null : "expected event " + wanted + " of " + expected;
  }

  private @Nullable String completionDifference(
      Outcome expected, ClientAccess access, SmmuAnswer answer, long oldReads) {
    if (expected.kind() == Outcome.Kind.NOTHING_GRANTED) {
      boolean nothing =
          answer.kind == Outcome.Kind.GRANTED
              && answer.count == 1
              && (answer.entries[0] & 0xb) == 0;
      return nothing ? null : "expected one entry without permission, " + expected;
    }
    if (expected.kind() != answer.kind) {
      return "expected " + expected;
    }
    return answer.kind == Outcome.Kind.GRANTED
        ? entriesDifference(expected, access, answer, oldReads)
        : null;
  }

  private @Nullable String entriesDifference(
      Outcome first, ClientAccess access, SmmuAnswer answer, long oldReads) {
    long end = access.address() + ((long) access.pages() << 12);
    long at = access.address();
    if (answer.count < 1 || answer.count > access.pages()) {
      return "expected 1 to " + access.pages() + " entries";
    }
    for (int i = 0; i < answer.count; i++) {
      if (Long.compareUnsigned(at, access.address() & -4096) < 0) {
        return "entry " + i + " is above the last address";
      }
      String wrong =
          i > 0
              ? laterDifference(access.at(at), answer.entries[i], oldReads)
              : entryDifference(first, answer.entries[i], at);
      if (wrong != null) {
        return "entry " + i + ": " + wrong;
      }
      long bytes = 1L << sizeLog2(answer.entries[i]);
      at = (at & -bytes) + bytes;
    }
    boolean isLast = Long.compareUnsigned(at, access.address()) < 0;
    if (isLast || at - end >= 0 || answer.count >= 16) {
      return null;
    }
    Outcome next = reference.outcome(access.at(at), staleAt, stale, oldReads);
    boolean more = next.kind() == Outcome.Kind.GRANTED && reference.staleReads() == 0;
    return more ? "expected more entries: " + next : null;
  }

  /** An entry after the first: each page's walk meets the stale word anew. */
  private @Nullable String laterDifference(ClientAccess page, long entry, long oldReads) {
    Outcome expected = reference.outcome(page, staleAt, stale, oldReads);
    must(expected);
    String wrong = entryDifference(expected, entry, page.address());
    int reads = Math.min(reference.staleReads(), MOST_STALE_READS);
    for (long choice = 0; wrong != null && reads > 0 && choice < 1L << reads; choice++) {
      Outcome other = reference.outcome(page, staleAt, stale, choice);
      must(other);
      wrong = entryDifference(other, entry, page.address());
    }
    return wrong;
  }

  private @Nullable String entryDifference(Outcome expected, long entry, long at) {
    int size = sizeLog2(entry);
    boolean same =
        expected.kind() == Outcome.Kind.GRANTED
            && (entry & 0x7ff) == expected.flags()
            && size >= registers.smallestGranuleLog2()
            && size <= expected.sizeLog2()
            && addressOf(entry) == Bits.alignDown(expected.address(), size);
    return same ? null : String.format("at %x expected %s", at, expected);
  }

  private static int sizeLog2(long entry) {
    return Bits.bit(entry, 11) ? 13 + Long.numberOfTrailingZeros(~(entry >>> 12)) : 12;
  }

  private static long addressOf(long entry) {
    return Bits.alignDown(entry, sizeLog2(entry));
  }

  private @Nullable String writes() {
    Map<Long, Long> changed = new HashMap<>();
    for (int i = 0; i < arena.written(); i++) {
      long now = arena.writtenNow(i) ^ arena.peek(arena.writtenAt(i));
      changed.put(arena.writtenAt(i), now);
    }
    for (Map.Entry<Long, Long> change : changed.entrySet()) {
      if ((change.getValue() & ~mayChange.getOrDefault(change.getKey(), 0L)) != 0) {
        return String.format("wrote %x at %x", change.getValue(), change.getKey());
      }
    }
    for (Map.Entry<Long, Long> due : mustChange.entrySet()) {
      if ((due.getValue() & ~changed.getOrDefault(due.getKey(), 0L)) != 0) {
        return String.format("did not update %x at %x", due.getValue(), due.getKey());
      }
    }
    return null;
  }

  private String describe(
      ClientAccess access, SmmuAnswer answer, @Nullable EventRecord event, String wrong) {
    return String.format(
        "access %d: %s, address %x%n  got %s, event %s%n  %s%n  %s%n  %s%n  commands%s%n  %s%n  %s",
        accesses,
        access,
        access.address(),
        answer,
        event,
        wrong,
        registers,
        lastEdit,
        driver.recentCommands(),
        smmu,
        smmu.explain(access));
  }
}
