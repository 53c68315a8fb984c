package org.smmulator.smmu.explain;

import static java.util.Map.entry;

import java.util.Map;
import java.util.function.LongFunction;
import org.smmulator.arch.BitField;
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.event.EventField;
import org.smmulator.arch.event.EventType;
import org.smmulator.arch.structure.Cd;
import org.smmulator.arch.structure.Ste;

/** What the value of a field means, where it is more than a number (IHI 0070 4, 5, 7). */
final class FieldMeaning {
  private static final LongFunction<String> GRANULE = of("4 KiB", "64 KiB", "16 KiB", "reserved");
  private static final LongFunction<String> CACHED =
      of("", "write-back, allocates", "write-through", "write-back, allocates for reads");
  private static final LongFunction<String> TABLE_CACHED =
      of("", "write-back", "write-through", "write-back, does not allocate");
  private static final LongFunction<String> SHARED =
      of("", "reserved", "outer shareable", "inner shareable");
  private static final LongFunction<String> SIZE =
      of("32 bits", "36 bits", "40 bits", "42 bits", "44 bits", "48 bits", "52 bits", "reserved");

  private static final Map<BitField, LongFunction<String>> MEANINGS =
      Map.ofEntries(
          entry(
              Ste.CONFIG,
              of(
                  "abort, without event",
                  "abort, without event",
                  "abort, without event",
                  "abort, without event",
                  "bypass",
                  "stage 1",
                  "stage 2",
                  "both stages")),
          entry(
              Ste.S1FMT,
              of("", "2 levels, leaves of 4 KiB", "2 levels, leaves of 64 KiB", "reserved")),
          entry(Ste.S1CDMAX, value -> value == 0 ? "one CD" : "2^" + value + " CDs"),
          entry(
              Ste.S1DSS,
              of(
                  "without substream: terminated",
                  "without substream: bypasses stage 1",
                  "without substream: CD 0",
                  "reserved")),
          entry(Ste.S1CIR, TABLE_CACHED),
          entry(Ste.S1COR, TABLE_CACHED),
          entry(Ste.S1CSH, SHARED),
          entry(Ste.EATS, of("no ATS", "full ATS", "split-stage ATS", "reserved")),
          entry(Ste.STRW, of("", "reserved", "EL2", "reserved")),
          entry(
              Ste.SHCFG, of("non-shareable", "as it comes", "outer shareable", "inner shareable")),
          entry(Ste.PRIVCFG, of("", "as it comes", "unprivileged", "privileged")),
          entry(Ste.INSTCFG, of("", "as it comes", "data", "instruction")),
          entry(Ste.S2T0SZ, value -> value == 0 ? "" : addresses(value)),
          entry(Ste.S2IR0, CACHED),
          entry(Ste.S2OR0, CACHED),
          entry(Ste.S2SH0, SHARED),
          entry(Ste.S2TG, of("", "64 KiB", "16 KiB", "reserved")),
          entry(Ste.S2PS, value -> value == 0 ? "" : SIZE.apply(value)),
          entry(Cd.T0SZ, FieldMeaning::addresses),
          entry(Cd.T1SZ, value -> value == 0 ? "" : addresses(value)),
          entry(Cd.TG0, GRANULE),
          entry(Cd.TG1, of("", "16 KiB", "4 KiB", "64 KiB")),
          entry(Cd.IR0, CACHED),
          entry(Cd.OR0, CACHED),
          entry(Cd.SH0, SHARED),
          entry(Cd.IR1, CACHED),
          entry(Cd.OR1, CACHED),
          entry(Cd.SH1, SHARED),
          entry(Cd.EPD0, of("", "no walks through TTB0")),
          entry(Cd.EPD1, of("", "no walks through TTB1")),
          entry(Cd.IPS, SIZE),
          entry(Cd.S, of("", "faults stall")),
          entry(Cd.R, of("", "faults are recorded")),
          entry(Cd.A, of("faults read as zero", "faults abort")),
          entry(Cd.ASET, of("", "no broadcast invalidation")),
          entry(CommandField.LEAF, of("all levels", "last level only")),
          entry(CommandField.TG, of("no range", "4 KiB", "16 KiB", "64 KiB")),
          entry(CommandField.RANGE, value -> value == 31 ? "all" : "2^" + (value + 1) + " streams"),
          entry(CommandField.SIZE, FieldMeaning::pages),
          entry(CommandField.RESP, of("failure", "invalid request", "success", "illegal")),
          entry(CommandField.CS, of("no signal", "interrupt", "SEV", "illegal")),
          entry(CommandField.MSH, SHARED),
          entry(CommandField.AC, of("terminate", "retry")),
          entry(EventField.PNU, of("unprivileged", "privileged")),
          entry(EventField.IND, of("data", "instruction")),
          entry(EventField.RNW, of("write", "read")),
          entry(EventField.S2, of("stage 1", "stage 2")),
          entry(
              EventField.CLASS,
              of("fetch of a CD", "walk of a table", "the input address", "reserved")),
          entry(EventField.STALL, of("aborted", "stalled: answer with RESUME")),
          entry(EventField.TT_RNW, of("write of a descriptor", "read of a descriptor")));

  private FieldMeaning() {}

  /** What it means, or nothing. */
  static String of(BitField field, long value, long[] words) {
    if (field.equals(CommandField.OPCODE)) {
      return String.valueOf(CommandOpcode.of(words[0]));
    }
    if (field.equals(EventField.ID)) {
      return String.valueOf(EventType.of(words[0]));
    }
    if (field.equals(EventField.TT_RNW) && EventField.CLASS.get(words[1]) != EventField.CLASS_TT) {
      return "";
    }
    LongFunction<String> meaning = MEANINGS.get(field);
    return meaning == null ? "" : meaning.apply(value);
  }

  private static String addresses(long size) {
    return 64 - size + "-bit addresses";
  }

  private static String pages(long log2) {
    return log2 == CommandField.SIZE_ALL ? "everything" : "2^" + log2 + " pages of 4 KiB";
  }

  private static LongFunction<String> of(String... words) {
    return value -> words[(int) value];
  }
}
