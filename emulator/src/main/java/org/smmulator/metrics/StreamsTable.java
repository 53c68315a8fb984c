package org.smmulator.metrics;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The streams of functions, and those of the platform, as the tables in the guest's memory have
 * them: for people and programs. Fields are called and spelled as in the Arm specification (IHI
 * 0070 5.2, 5.4).
 *
 * @param external whether the guest is a program of its own, so that nobody here knows processes
 * @param smmu where the stream table is, or what a disabled SMMU does, as a sentence
 * @param streams in order of their StreamIDs
 * @param streamsLeft how many more there are
 * @param isolated devices that are cut off, each as {@code small (00:04.0) is isolated since ...}
 */
public record StreamsTable(
    boolean external, String smmu, List<Row> streams, int streamsLeft, List<String> isolated) {
  /**
   * One stream.
   *
   * @param streamId in hexadecimal
   * @param device the function's name; null of a stream outside of PCIe
   * @param id its bus, device and function as {@code 00:04.0}, or null
   * @param config what its STE does: abort, bypass, stage 1, stage 2 or nested; null without one
   * @param refused why there is no STE to go by, as a sentence, or null
   * @param ste the other fields; null where no stage translates
   * @param contexts by PASID, none first: its valid CDs, and what the device was granted without
   * @param contextsLeft how many more there are
   * @param remarks on its table of CDs, a sentence each
   */
  public record Row(
      String streamId,
      @Nullable String device,
      @Nullable String id,
      @Nullable String config,
      @Nullable String refused,
      @Nullable Fields ste,
      List<Pasid> contexts,
      int contextsLeft,
      List<String> remarks) {
    public Row {
      contexts = List.copyOf(contexts);
      remarks = List.copyOf(remarks);
    }
  }

  /**
   * Fields of an STE.
   *
   * @param eats none, full or split
   * @param s1dss what becomes of transactions without a PASID: abort, bypass or CD 0; null of a
   *     stream without PASIDs
   * @param s1stalld whether stalls are forbidden
   */
  public record Fields(String eats, @Nullable String s1dss, boolean s1stalld, int vmid) {}

  /**
   * One PASID.
   *
   * @param pasid null for transactions without one
   * @param asid null without a valid CD
   * @param ttb0 address of the table, in hexadecimal; null if none is walked
   * @param bits address bits that this table translates, or null
   * @param faults of S, R and A of the CD those that are 1
   * @param refused why its CD cannot be used, as a sentence, or null
   * @param granted translations that the device may use, as the ledger has it
   */
  public record Pasid(
      @Nullable Integer pasid,
      @Nullable Integer asid,
      @Nullable String ttb0,
      @Nullable Integer bits,
      String faults,
      @Nullable String refused,
      int granted) {}

  private static final String NONE = "-";

  public static final StreamsTable EMPTY =
      new StreamsTable(false, "the machine has not started", List.of(), 0, List.of());

  public StreamsTable {
    streams = List.copyOf(streams);
    isolated = List.copyOf(isolated);
  }

  public String json() {
    return TableJson.write(this);
  }

  /** Reads what {@link #json} wrote; the exception's message is half a sentence. */
  public static StreamsTable read(String json) throws IOException {
    return TableJson.read(json, StreamsTable.class, "a machine's streams");
  }

  /** As a terminal shows it. */
  public String render() {
    StringBuilder out = new StringBuilder(smmu).append('\n');
    if (streams.isEmpty()) {
      out.append("no device\n");
    } else {
      TextTable table = new TextTable(false);
      table.line(
          "stream",
          "device",
          "Config",
          "EATS",
          "S1DSS",
          "S1STALLD",
          "VMID",
          "PASID",
          "ASID",
          "TTB0",
          "bits",
          "faults",
          "granted");
      streams.forEach(row -> lines(table, row));
      table.appendTo(out);
      streams.forEach(row -> remarks(row).forEach(each -> out.append(each).append('\n')));
    }
    if (streamsLeft > 0) {
      out.append(String.format("and %,d streams more%n", streamsLeft));
    }
    isolated.forEach(each -> out.append(each).append('\n'));
    return out.toString();
  }

  private static void lines(TextTable table, Row row) {
    List<String> stream = cells(row);
    if (row.contexts().isEmpty()) {
      table.line(row.streamId(), stream);
    }
    boolean first = true;
    for (Pasid pasid : row.contexts()) {
      List<String> line = new ArrayList<>(first ? stream : stream.stream().map(c -> "").toList());
      line.add(text(pasid.pasid()));
      line.add(text(pasid.asid()));
      line.add(text(pasid.ttb0()));
      line.add(text(pasid.bits()));
      line.add(pasid.faults().isEmpty() ? NONE : pasid.faults());
      line.add(String.format("%,d", pasid.granted()));
      table.line(first ? row.streamId() : "", line);
      first = false;
    }
  }

  private static List<String> cells(Row row) {
    Fields ste = row.ste();
    return List.of(
        device(row),
        text(row.config()),
        ste == null ? NONE : ste.eats(),
        ste == null ? NONE : text(ste.s1dss()),
        ste == null ? NONE : ste.s1stalld() ? "1" : "0",
        ste == null ? NONE : Integer.toString(ste.vmid()));
  }

  /** A name that a device has by default tells where it is. */
  private static String device(Row row) {
    if (row.device() == null || row.id() == null) {
      return "platform";
    }
    return row.device().endsWith(row.id()) ? row.device() : row.device() + " (" + row.id() + ")";
  }

  /** What does not fit into cells. */
  private static List<String> remarks(Row row) {
    List<String> remarks = new ArrayList<>();
    String of = "stream " + row.streamId();
    if (row.refused() != null) {
      remarks.add(of + ": " + row.refused());
    }
    for (Pasid pasid : row.contexts()) {
      if (pasid.refused() != null) {
        String which = pasid.pasid() == null ? " without PASID" : " PASID " + pasid.pasid();
        remarks.add(of + which + ": " + pasid.refused());
      }
    }
    if (row.contextsLeft() > 0) {
      remarks.add(of + String.format(": and %,d PASIDs more", row.contextsLeft()));
    }
    row.remarks().forEach(each -> remarks.add(of + ": " + each));
    return remarks;
  }

  private static String text(@Nullable Object value) {
    return value == null ? NONE : value.toString();
  }
}
