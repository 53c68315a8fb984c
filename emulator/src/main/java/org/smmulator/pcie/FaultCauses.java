package org.smmulator.pcie;

import java.util.Arrays;
import org.smmulator.record.Recorder;

/**
 * Why a function asks for a page: because it was refused the translation, and asks for it again
 * because its page request was answered. Packets cannot say so; but they name the page, and a
 * response its group. Knows the last {@value #PAGES} pages, and makes nothing until it is told.
 */
final class FaultCauses {
  private static final int PAGES = 512;
  private static final int NO_GROUP = -1;
  private static final long SPREAD = 0x9E37_79B9_7F4A_7C15L;

  private long[] pages = {};
  private int[] pasids = {};
  private int[] groups = {};
  private long[] causes = {};

  /** The function was refused a page, by this event. */
  void refused(int pasid, long address, long event) {
    put(pasid, address, NO_GROUP, event);
  }

  /** The function asks for a page in a group, by this event. */
  void requested(int pasid, long address, int group, long event) {
    put(pasid, address, group, event);
  }

  /** A group was answered, by this event. */
  void answered(int group, long event) {
    for (int i = 0; i < groups.length; i++) {
      if (groups[i] == group) {
        groups[i] = NO_GROUP;
        causes[i] = event;
      }
    }
  }

  /** What happened to a page last, if it was the page's last refusal, request or answer. */
  long get(int pasid, long address) {
    if (pages.length == 0) {
      return Recorder.NO_CAUSE;
    }
    int slot = slot(pasid, address >>> 12);
    boolean known = pages[slot] == address >>> 12 && pasids[slot] == pasid;
    return known ? causes[slot] : Recorder.NO_CAUSE;
  }

  /** The page was given; nobody has to ask for it because of what was before. */
  void granted(int pasid, long address) {
    if (get(pasid, address) != Recorder.NO_CAUSE) {
      put(pasid, address, NO_GROUP, Recorder.NO_CAUSE);
    }
  }

  private void put(int pasid, long address, int group, long event) {
    if (pages.length == 0) {
      pages = new long[PAGES];
      pasids = new int[PAGES];
      groups = new int[PAGES];
      causes = new long[PAGES];
      Arrays.fill(groups, NO_GROUP);
    }
    int slot = slot(pasid, address >>> 12);
    pages[slot] = address >>> 12;
    pasids[slot] = pasid;
    groups[slot] = group;
    causes[slot] = event;
  }

  private static int slot(int pasid, long page) {
    return (int) (((page * 31 + pasid) * SPREAD) >>> 48) & (PAGES - 1);
  }
}
