package org.smmulator.pcie.ledger;

import java.util.HashMap;
import java.util.Map;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The translations one function may hold in its ATC: one grant for each Translation Completion
 * entry with a permission, by PASID, untranslated range, physical range, permissions and generation
 * of the frame. Entries that differ in any of these are separate grants, so that revoking an old
 * one never takes a newer one with it. Used on the hardware loop only; no allocation in steady
 * state.
 *
 * <p>There is a bound to how many live at a time, and to how many share a page, so that a device
 * can fill neither memory nor the loop's time. What would go beyond is not granted.
 */
public final class FunctionGrants {
  private static final Logger LOG = LoggerFactory.getLogger(FunctionGrants.class);

  public static final int READ = 1;
  public static final int WRITE = 2;

  /** Grants that share a page, or meet in a search for one: a search takes no more steps. */
  static final int MOST_SHARING = 1024;

  /** Receives the grants that an invalidation selects. */
  @FunctionalInterface
  public interface GrantVisitor {
    void grant(int pasid, long va, long pa, int sizeLog2);
  }

  private final GrantLedger ledger;
  private final String device;
  private GrantTable table;
  private final RevokedGrants revoked = new RevokedGrants();
  private final OverdueInvalidations overdue = new OverdueInvalidations();
  private boolean answering = true;
  private boolean full;

  FunctionGrants(GrantLedger ledger, String device) {
    this.ledger = ledger;
    this.device = device;
    this.table = ledger.newTable();
  }

  /**
   * The function has been given a translation.
   *
   * @param pasid negative without one
   * @param permissions {@link #READ}, {@link #WRITE} or both
   * @return false if that would be too many: then nothing is granted, and the function must not use
   *     the translation
   */
  public boolean grant(int pasid, long va, long pa, int sizeLog2, int permissions) {
    long vaStart = va >>> sizeLog2 << sizeLog2;
    long paStart = pa >>> sizeLog2 << sizeLog2;
    int generation = ledger.generation(paStart, sizeLog2);
    int slot = table.firstByVa(vaStart >>> sizeLog2);
    while (slot != GrantTable.NIL
        && !(table.va[slot] == vaStart
            && table.pa[slot] == paStart
            && table.sizeLog2[slot] == sizeLog2
            && table.pasid[slot] == pasid
            && table.permissions[slot] == permissions
            && table.generation[slot] == generation)) {
      slot = table.nextByVa(slot);
    }
    if (slot == GrantTable.NIL) {
      if (isFull(vaStart >>> sizeLog2, paStart >>> sizeLog2)) {
        return false;
      }
      slot = table.add(vaStart, paStart, sizeLog2);
      table.pasid[slot] = pasid;
      table.permissions[slot] = (byte) permissions;
      table.generation[slot] = generation;
      ledger.granted(1);
      if (answering) {
        ledger.retain(paStart, sizeLog2);
      }
    }
    table.sequence[slot] = ledger.nextSequence();
    table.overdue[slot] = 0;
    return true;
  }

  private boolean isFull(long vaPage, long paPage) {
    boolean refused =
        table.live() >= ledger.limit() || table.isCrowded(vaPage, paPage, MOST_SHARING);
    if (refused && !full) {
      full = true;
      LOG.warn(
          "{} may use {} translations that nobody has invalidated; further ones are for"
              + " untranslated accesses only (bus.grantsPerDevice is {})",
          device,
          table.live(),
          ledger.limit());
    }
    return refused;
  }

  /**
   * The function has acknowledged an invalidation: what it was given up to {@code issuedUpTo} is
   * gone.
   *
   * @return how many grants were revoked
   */
  public int revoke(AtcInvalidation invalidation, long issuedUpTo) {
    int before = table.live();
    forEachCovered(invalidation.scope(), issuedUpTo, slot -> remove(slot, invalidation));
    int ended = before - table.live();
    ledger.revoked(ended);
    return ended;
  }

  /**
   * The SMMU has asked for an invalidation and nobody waits for the answer any more, if one ever
   * comes: what the function was given up to {@code issuedUpTo} it must not use.
   *
   * @param event the invalidation's number in the story; 0 if nobody records one
   */
  public void giveUp(RevocationScope scope, long issuedUpTo, long event) {
    byte number = overdue.add(scope, event);
    forEachCovered(
        scope,
        issuedUpTo,
        slot -> {
          if (table.overdue[slot] == 0) {
            table.overdue[slot] = number;
          }
        });
  }

  private void forEachCovered(RevocationScope scope, long issuedUpTo, IntConsumer visitor) {
    if (pagesIn(scope) <= table.slots()) {
      for (long left = table.sizes(); left != 0; left &= left - 1) {
        forEachOnPages(scope, Long.numberOfTrailingZeros(left), issuedUpTo, visitor);
      }
    } else {
      for (int slot = 0; slot < table.slots(); slot++) {
        visitIfCovered(slot, scope, issuedUpTo, visitor);
      }
    }
  }

  private void forEachOnPages(
      RevocationScope scope, int sizeLog2, long issuedUpTo, IntConsumer visitor) {
    long lastPage = scope.lastPage(sizeLog2);
    for (long page = scope.firstPage(sizeLog2); page <= lastPage; page++) {
      int slot = table.firstByVa(page);
      while (slot != GrantTable.NIL) {
        int next = table.nextByVa(slot);
        visitIfCovered(slot, scope, issuedUpTo, visitor);
        slot = next;
      }
    }
  }

  private void visitIfCovered(
      int slot, RevocationScope scope, long issuedUpTo, IntConsumer visitor) {
    if (isCovered(slot, scope) && table.sequence[slot] <= issuedUpTo) {
      visitor.accept(slot);
    }
  }

  private boolean isCovered(int slot, RevocationScope scope) {
    int sizeLog2 = table.sizeLog2[slot];
    return sizeLog2 != 0
        && scope.coversPasid(table.pasid[slot])
        && scope.coversPage(table.va[slot], sizeLog2);
  }

  /** How many pages a page-by-page search would ask for, over all sizes present. */
  private long pagesIn(RevocationScope scope) {
    long pages = 0;
    for (long left = table.sizes(); left != 0; left &= left - 1) {
      int sizeLog2 = Long.numberOfTrailingZeros(left);
      pages += scope.lastPage(sizeLog2) - scope.firstPage(sizeLog2) + 1;
    }
    return pages;
  }

  /** The function is reset or gone, and all that it was granted with it. */
  public void revokeAll() {
    ledger.granted(-table.live());
    ledger.leave(new LeftGrants(device, table, answering ? ledger : null, revoked));
    table = ledger.newTable();
    overdue.clear();
  }

  /** Shows the grants that an invalidation would have to drop. */
  public void visit(RevocationScope scope, GrantVisitor visitor) {
    for (int slot = 0; slot < table.slots(); slot++) {
      if (isCovered(slot, scope)) {
        visitor.grant(table.pasid[slot], table.va[slot], table.pa[slot], table.sizeLog2[slot]);
      }
    }
  }

  /**
   * A translated access to one page, which need not be aligned; an access that crosses a page is
   * two. Without a live grant, or with none whose invalidation was not given up, it is a violation,
   * on record when this returns.
   */
  public boolean checkAccess(long pa, boolean write) {
    ledger.countChecked();
    int needed = write ? WRITE : READ;
    int givenUp = GrantTable.NIL;
    for (long left = table.sizes(); left != 0; left &= left - 1) {
      int sizeLog2 = Long.numberOfTrailingZeros(left);
      long page = pa >>> sizeLog2;
      int slot = table.firstByPa(page);
      while (slot != GrantTable.NIL) {
        if (table.sizeLog2[slot] == sizeLog2
            && table.pa[slot] >>> sizeLog2 == page
            && (table.permissions[slot] & needed) != 0) {
          if (table.overdue[slot] != 0) {
            givenUp = slot;
          } else if (answering || table.generation[slot] == ledger.generation(pa, sizeLog2)) {
            return true;
          }
        }
        slot = table.nextByPa(slot);
      }
    }
    if (givenUp != GrantTable.NIL) {
      recordOverdue(givenUp, pa, write);
      return false;
    }
    int entry = revoked.find(pa);
    if (entry < 0) {
      ledger.recordStale(device, Violation.NONE, Violation.NONE, pa, write, null);
    } else {
      long address = revoked.address(entry, pa);
      ledger.recordStale(device, revoked.pasid(entry), address, pa, write, revoked.end(entry));
    }
    return false;
  }

  private void recordOverdue(int slot, long pa, boolean write) {
    long address = table.va[slot] + (pa - table.pa[slot]);
    String why = overdue.describe(table.overdue[slot], ledger.steps());
    ledger.recordOverdue(device, table.pasid[slot], address, pa, write, why);
  }

  /**
   * The function no longer acknowledges invalidations, which is on record. Software fences it and
   * then frees what it was granted: that is no violation, but an access to a freed frame still is.
   */
  public void stopAnswering() {
    if (answering) {
      for (int slot = 0; slot < table.slots(); slot++) {
        if (table.sizeLog2[slot] != 0) {
          ledger.release(table.pa[slot], table.sizeLog2[slot]);
        }
      }
      answering = false;
    }
  }

  /** The function has been reset, or has another chance: {@link #stopAnswering} is over. */
  public void answerAgain() {
    if (!answering) {
      for (int slot = 0; slot < table.slots(); slot++) {
        if (table.sizeLog2[slot] != 0) {
          ledger.retain(table.pa[slot], table.sizeLog2[slot]);
        }
      }
      answering = true;
    }
  }

  /** How many grants are not yet revoked, by PASID; -1 for those without one. */
  public Map<Integer, Integer> countByPasid() {
    Map<Integer, Integer> counts = new HashMap<>();
    visit(
        RevocationScope.EVERYTHING,
        (pasid, va, pa, sizeLog2) -> counts.merge(Math.max(-1, pasid), 1, Integer::sum));
    return counts;
  }

  /** Grants not yet revoked. */
  public int live() {
    return table.live();
  }

  /**
   * Takes out the grants that still reached a frame when it was freed.
   *
   * @param generation of the frame when it was freed
   */
  void takeFreed(long frame, int generation, GrantVisitor visitor) {
    if (answering) {
      table.visitFrame(
          frame,
          generation,
          slot -> {
            table.show(slot, frame, visitor);
            remove(slot, GrantEnd.Other.FREED);
          });
    }
  }

  String device() {
    return device;
  }

  private void remove(int slot, GrantEnd end) {
    long pa = table.pa[slot];
    int sizeLog2 = table.sizeLog2[slot];
    revoked.remember(pa, sizeLog2, table.va[slot], table.pasid[slot], end);
    table.remove(slot);
    ledger.granted(-1);
    if (answering) {
      ledger.release(pa, sizeLog2);
    }
  }
}
