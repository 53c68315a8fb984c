package org.smmulator.query;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.device.atc.Permissions;
import org.smmulator.metrics.AtcTable;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.ViolationSummary;
import org.smmulator.pcie.AtcContents;

/**
 * What a device's ATC holds, as {@link Parameters} and {@link MachineNames} judge the question: all
 * entries, or those of one set, PASID or process.
 */
public final class AtcQuery {
  private static final List<String> NAMES = List.of("device", "set", "pasid", "process");

  private final @Nullable Long set;
  private final @Nullable Integer pasid;
  private final Map<Integer, String> processes = new HashMap<>();

  private AtcQuery(@Nullable Long set, @Nullable Integer pasid) {
    this.set = set;
    this.pasid = pasid;
  }

  /**
   * The answer to a question.
   *
   * @param machine knows what names stand for
   * @param caches what the ATC of a device holds, by requester ID
   */
  public static AtcTable answer(
      Parameters parameters, AskedMachine machine, IntFunction<AtcContents> caches) {
    parameters.require(NAMES);
    MachineNames names = new MachineNames(machine);
    int device = names.device(parameters.required("device"));
    String set = parameters.optional("set");
    AtcQuery query =
        new AtcQuery(
            set == null ? null : Parameters.number("set", set, AtcEntries.LARGEST - 1L),
            names.pasid(parameters));
    AtcContents contents = caches.apply(device);
    if (query.set != null && query.set >= contents.sets()) {
      throw new IllegalArgumentException(
          "set: the ATC of '" + contents.device() + "' has sets 0 to " + (contents.sets() - 1));
    }
    query.nameProcesses(machine);
    return query.table(contents);
  }

  /** Only the built-in guest's are known. */
  private void nameProcesses(AskedMachine machine) {
    try {
      for (ProcessTable.Row row : machine.processes().processes()) {
        if (row.pasid() != null) {
          processes.put(row.pasid(), row.name());
        }
      }
    } catch (IllegalStateException e) {
      processes.clear();
    }
  }

  private AtcTable table(AtcContents contents) {
    List<AtcTable.Row> rows = new ArrayList<>();
    for (AtcEntries.Entry entry : contents.entries()) {
      AtcTable.Row row = row(entry, contents.ways());
      if ((set == null || set == row.set()) && (pasid == null || pasid.equals(row.pasid()))) {
        rows.add(row);
      }
    }
    return new AtcTable(
        contents.device(), contents.id(), contents.sets(), contents.ways(), contents.whole(), rows);
  }

  private AtcTable.Row row(AtcEntries.Entry entry, int ways) {
    Integer of = entry.pasid() == AtcEntries.NO_PASID ? null : Integer.valueOf(entry.pasid());
    return new AtcTable.Row(
        (int) (entry.number() / ways),
        (int) (entry.number() % ways),
        of,
        of == null ? null : processes.get(of),
        ViolationSummary.hex(entry.address()),
        ViolationSummary.hex(entry.translated()),
        entry.sizeLog2(),
        Permissions.text(entry.permissions()),
        entry.age());
  }
}
