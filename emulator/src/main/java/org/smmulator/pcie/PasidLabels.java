package org.smmulator.pcie;

import java.util.Arrays;

/**
 * The labels under which a machine counts by PASID: each pair of PASID and process has one, in the
 * order in which they are seen, until {@value #MOST} are taken; all later ones are one label more.
 * So a label keeps its meaning, and its counts never go back: a PASID that comes to another process
 * has another label. Names come from any thread; all else is of the hardware loop, which waits for
 * nobody, and allocates nothing.
 */
final class PasidLabels {
  static final int MOST = 16;
  static final int OTHER = MOST;
  static final int NONE = MOST + 1;

  /** All labels there can be. */
  static final int COUNT = MOST + 2;

  /** Processes by PASID; never changed once it is shown. */
  private static final class Names {
    private final int[] pasids;
    private final String[] processes;

    Names(int[] pasids, String[] processes) {
      this.pasids = pasids;
      this.processes = processes;
    }

    String of(int pasid) {
      int at = Arrays.binarySearch(pasids, pasid);
      return at < 0 ? "" : processes[at];
    }

    Names with(int pasid, String process) {
      int at = Arrays.binarySearch(pasids, pasid);
      if (at >= 0) {
        String[] changed = processes.clone();
        changed[at] = process;
        return new Names(pasids, changed);
      }
      int place = -at - 1;
      int[] more = Arrays.copyOf(pasids, pasids.length + 1);
      String[] named = Arrays.copyOf(processes, more.length);
      System.arraycopy(pasids, place, more, place + 1, pasids.length - place);
      System.arraycopy(processes, place, named, place + 1, pasids.length - place);
      more[place] = pasid;
      named[place] = process;
      return new Names(more, named);
    }
  }

  private volatile Names names = new Names(new int[0], new String[0]);
  private final int[] pasids = new int[MOST];
  private final String[] processes = new String[MOST];
  private int taken;

  /** From now on a PASID is this process's. */
  synchronized void name(int pasid, String process) {
    names = names.with(pasid, process);
  }

  /** The label of what a PASID does now; negative for none. */
  int of(int pasid) {
    if (pasid < 0) {
      return NONE;
    }
    String process = names.of(pasid);
    for (int label = 0; label < taken; label++) {
      if (pasids[label] == pasid && processes[label].equals(process)) {
        return label;
      }
    }
    if (taken == MOST) {
      return OTHER;
    }
    pasids[taken] = pasid;
    processes[taken] = process;
    return taken++;
  }

  String pasid(int label) {
    return switch (label) {
      case OTHER -> "other";
      case NONE -> "none";
      default -> Integer.toString(pasids[label]);
    };
  }

  String process(int label) {
    return label < MOST ? processes[label] : "";
  }
}
