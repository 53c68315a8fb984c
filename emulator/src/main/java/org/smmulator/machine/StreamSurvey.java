package org.smmulator.machine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.metrics.StreamsTable;
import org.smmulator.metrics.StreamsTable.Pasid;
import org.smmulator.metrics.StreamsTable.Row;
import org.smmulator.metrics.ViolationSummary;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.RootComplex;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.StreamTableEntry;
import org.smmulator.smmu.config.TranslationTable;
import org.smmulator.smmu.explain.StreamReader;
import org.smmulator.smmu.explain.StreamSnapshot;

/**
 * Puts together what the tables in memory, root complex and ledger know of streams. The guest may
 * have made its tables as large as it likes: each step on the hardware's loop is short, and so is
 * the sum of them.
 */
final class StreamSurvey {
  /** Streams that are told of. */
  static final int MOST_STREAMS = 1024;

  /** PASIDs of a stream that are told of. */
  static final int MOST_PASIDS = 64;

  /** L1CDs and CDs that are read of one stream: some milliseconds. */
  static final int MOST_READS = 1 << 15;

  private static final int MOST_READS_IN_ALL = 1 << 18;
  private static final int READS_IN_A_STEP = 1 << 12;

  /** Of the ledger: a grant without a PASID; sorts before all PASIDs. */
  private static final int NO_PASID = -1;

  private final Board board;
  private final RootComplex root;
  private final StreamReader tables;
  private final List<Row> rows = new ArrayList<>();
  private final Map<Integer, DeviceCounters> devices = new TreeMap<>();
  private int readsLeft = MOST_READS_IN_ALL;

  private StreamSurvey(Board board) {
    this.board = board;
    this.root = board.rootComplex();
    this.tables = board.smmu().streams();
  }

  /**
   * All of them.
   *
   * @param external whether another kernel than the built-in one runs
   * @throws IllegalStateException as {@link Board#ask} does
   */
  static StreamsTable table(Board board, boolean external) {
    return new StreamSurvey(board).table(external);
  }

  private StreamsTable table(boolean external) {
    List<DeviceCounters> known = board.ask(() -> root.counters().devices());
    for (DeviceCounters device : known) {
      if (device.attached()) {
        devices.put(PciAddress.parse(device.id()).requesterId(), device);
      }
    }
    Set<Integer> all = new TreeSet<>(Integer::compareUnsigned);
    all.addAll(devices.keySet());
    all.addAll(board.smmu().features().platformStreams());
    List<Integer> shown = all.stream().limit(MOST_STREAMS).toList();
    while (rows.size() < shown.size()) {
      board.ask(() -> readSome(shown));
    }
    String smmu = board.ask(tables::streamTable);
    return new StreamsTable(
        external, smmu, rows, all.size() - shown.size(), Processes.isolated(known));
  }

  /** On the loop. */
  private boolean readSome(List<Integer> streams) {
    int enough = Math.max(0, readsLeft - READS_IN_A_STEP);
    do {
      rows.add(row(streams.get(rows.size())));
    } while (rows.size() < streams.size() && readsLeft > enough);
    return true;
  }

  private Row row(int streamId) {
    StreamSnapshot stream =
        tables.read(streamId, MOST_PASIDS, Math.max(0, Math.min(MOST_READS, readsLeft)));
    Map<Integer, Integer> grants = root.grants(streamId);
    readsLeft -= 1 + stream.reads() + grants.values().stream().mapToInt(each -> each).sum();
    List<Pasid> pasids = pasids(stream, grants);
    DeviceCounters device = devices.get(streamId);
    StreamTableEntry ste = stream.entry();
    int shown = Math.min(pasids.size(), MOST_PASIDS);
    return new Row(
        "0x" + Integer.toHexString(streamId),
        device == null ? null : device.name(),
        device == null ? null : device.id(),
        ste == null || stream.refusal() != null ? null : config(ste),
        stream.refusal(),
        ste == null || stream.refusal() != null || !ste.translates() ? null : fields(ste),
        pasids.subList(0, shown),
        stream.others().size() + pasids.size() - shown,
        stream.remarks());
  }

  private static String config(StreamTableEntry ste) {
    if (ste.isAbort()) {
      return "abort";
    }
    if (!ste.translates()) {
      return "bypass";
    }
    return ste.stage2() == null ? "stage 1" : ste.hasStage1() ? "nested" : "stage 2";
  }

  private static StreamsTable.Fields fields(StreamTableEntry ste) {
    return new StreamsTable.Fields(
        ste.fullAts() ? "full" : ste.splitAts() ? "split" : "none",
        ste.hasStage1() && ste.hasSubstreams()
            ? ste.firstContextServesNoPasid() ? "CD 0" : ste.skipsStage1() ? "bypass" : "abort"
            : null,
        ste.stallsDisabled(),
        ste.vmid());
  }

  /** Those with a valid CD, and those of which the device still has something. */
  private static List<Pasid> pasids(StreamSnapshot stream, Map<Integer, Integer> grants) {
    Map<Integer, Integer> withoutCd = new TreeMap<>(grants);
    List<Pasid> pasids = new ArrayList<>();
    for (StreamSnapshot.Context context : stream.contexts()) {
      int pasid = stream.servesNoPasid(context.index()) ? NO_PASID : context.index();
      withoutCd.remove(pasid);
      pasids.add(pasid(pasid, context.descriptor(), grants.getOrDefault(pasid, 0)));
    }
    withoutCd.keySet().removeAll(stream.others());
    boolean seen = stream.remarks().isEmpty();
    withoutCd.forEach(
        (pasid, granted) -> pasids.add(withoutCd(pasid, granted, seen && needsCd(stream, pasid))));
    pasids.sort(Comparator.comparingInt(each -> each.pasid() == null ? NO_PASID : each.pasid()));
    return pasids;
  }

  /** Without a PASID, other streams than those of stage 1 go by their STE. */
  private static boolean needsCd(StreamSnapshot stream, int pasid) {
    return pasid != NO_PASID || stream.servesNoPasid(0);
  }

  private static Pasid withoutCd(int pasid, int granted, boolean none) {
    String why = none ? "there is no valid CD, and the device was granted translations" : null;
    return new Pasid(shown(pasid), null, null, null, "", why, granted);
  }

  private static Pasid pasid(int pasid, ContextDescriptor cd, int granted) {
    TranslationTable lower = cd.lower();
    boolean walked = !lower.disabled();
    return new Pasid(
        shown(pasid),
        cd.space().asid(),
        walked ? ViolationSummary.hex(lower.base()) : null,
        walked ? lower.inputBits() : null,
        (cd.stalls() ? "S" : "") + (cd.records() ? "R" : "") + (cd.aborts() ? "A" : ""),
        cd.legal() ? null : "the CD is ILLEGAL: " + cd.illegality(),
        granted);
  }

  private static @Nullable Integer shown(int pasid) {
    return pasid == NO_PASID ? null : Integer.valueOf(pasid);
  }
}
