package org.smmulator.metrics;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The processes of the built-in guest at one moment, for people and programs.
 *
 * @param quarantined PASIDs that are out of use
 * @param isolated devices that are cut off, each as {@code small (00:04.0) is isolated since ...}
 */
public record ProcessTable(
    List<Row> processes, List<Quarantined> quarantined, List<String> isolated) {
  /**
   * One process.
   *
   * @param state running, exiting (its devices are being told) or exited
   * @param pasid null if no device is bound to it
   * @param asid null when its address space is gone
   * @param buffer address of its buffer, in hexadecimal
   * @param devices that are bound to it, each with its name and the state of its bond
   */
  public record Row(
      String name,
      String state,
      @Nullable Integer pasid,
      @Nullable Integer asid,
      String buffer,
      int pages,
      List<String> devices) {
    public Row {
      devices = List.copyOf(devices);
    }
  }

  /**
   * One PASID out of use.
   *
   * @param devices that must be reset or detached before it is free
   * @param why half a sentence
   */
  public record Quarantined(int pasid, List<String> devices, String why) {
    public Quarantined {
      devices = List.copyOf(devices);
    }
  }

  public static final ProcessTable EMPTY = new ProcessTable(List.of(), List.of(), List.of());

  public ProcessTable {
    processes = List.copyOf(processes);
    quarantined = List.copyOf(quarantined);
    isolated = List.copyOf(isolated);
  }

  public String json() {
    return TableJson.writeIndented(this);
  }

  /** Reads what {@link #json} wrote; the exception's message is half a sentence. */
  public static ProcessTable read(String json) throws IOException {
    return TableJson.read(json, ProcessTable.class, "a machine's processes");
  }

  /** As a terminal shows it. */
  public String render() {
    StringBuilder out = new StringBuilder();
    if (processes.isEmpty()) {
      out.append("no process\n");
    } else {
      TextTable table = new TextTable(false);
      table.line("process", "state", "PASID", "ASID", "buffer", "pages", "devices");
      for (Row row : processes) {
        table.line(
            row.name(),
            row.state(),
            number(row.pasid()),
            number(row.asid()),
            row.buffer(),
            Integer.toString(row.pages()),
            row.devices().isEmpty() ? "-" : String.join(", ", row.devices()));
      }
      table.appendTo(out);
    }
    for (Quarantined each : quarantined) {
      out.append(
          String.format(
              "PASID %d is in quarantine: %s %s%n",
              each.pasid(), String.join(", ", each.devices()), each.why()));
    }
    isolated.forEach(each -> out.append(each).append('\n'));
    return out.toString();
  }

  private static String number(@Nullable Integer number) {
    return number == null ? "-" : number.toString();
  }
}
