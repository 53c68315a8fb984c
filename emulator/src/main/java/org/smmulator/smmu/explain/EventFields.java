package org.smmulator.smmu.explain;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.event.EventField;
import org.smmulator.arch.event.EventType;

/** Which fields an event record has, by its type (IHI 0070 7.3). */
final class EventFields {
  private static final List<String> COMMON = List.of("ID", "SSV", "SUBSTREAM_ID", "STREAM_ID");
  private static final List<String> ACCESS = List.of("PNU", "IND", "RNW", "INPUT_ADDRESS");
  private static final List<String> TRANSLATION = List.of("STAG", "STALL", "S2", "CLASS", "IPA");

  private EventFields() {}

  static Fields of(@Nullable EventType type) {
    List<String> names = new ArrayList<>(COMMON);
    if (type != null) {
      switch (type) {
        case C_BAD_SUBSTREAMID -> names.remove("SSV");
        case F_STE_FETCH, F_CD_FETCH, F_VMS_FETCH -> names.add("FETCH_ADDRESS");
        case F_BAD_ATS_TREQ ->
            names.addAll(List.of("SPAN", "ATS_P", "ATS_X", "ATS_W", "ATS_R", "INPUT_ADDRESS"));
        case F_TRANSL_FORBIDDEN -> names.addAll(List.of("RNW", "INPUT_ADDRESS"));
        case F_UUT -> names.addAll(ACCESS);
        case F_WALK_EABT -> {
          names.addAll(ACCESS);
          names.addAll(List.of("S2", "CLASS", "FETCH_ADDRESS"));
        }
        case F_TRANSLATION, F_ADDR_SIZE, F_ACCESS -> {
          names.addAll(ACCESS);
          names.addAll(TRANSLATION);
        }
        case F_PERMISSION -> {
          names.addAll(ACCESS);
          names.addAll(TRANSLATION);
          names.add("TT_RNW");
        }
        default -> {
          // The common fields are all there is.
        }
      }
    }
    return new Fields(EventField.class, names);
  }
}
