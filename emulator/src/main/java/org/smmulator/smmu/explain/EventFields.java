package org.smmulator.smmu.explain;

import static org.smmulator.arch.event.EventField.ATS_P;
import static org.smmulator.arch.event.EventField.ATS_R;
import static org.smmulator.arch.event.EventField.ATS_W;
import static org.smmulator.arch.event.EventField.ATS_X;
import static org.smmulator.arch.event.EventField.CLASS;
import static org.smmulator.arch.event.EventField.CONFLICT_REASON;
import static org.smmulator.arch.event.EventField.FETCH_ADDRESS;
import static org.smmulator.arch.event.EventField.ID;
import static org.smmulator.arch.event.EventField.IND;
import static org.smmulator.arch.event.EventField.INPUT_ADDRESS;
import static org.smmulator.arch.event.EventField.IPA;
import static org.smmulator.arch.event.EventField.NSIPA;
import static org.smmulator.arch.event.EventField.PNU;
import static org.smmulator.arch.event.EventField.REASON;
import static org.smmulator.arch.event.EventField.RNW;
import static org.smmulator.arch.event.EventField.S2;
import static org.smmulator.arch.event.EventField.SPAN;
import static org.smmulator.arch.event.EventField.SSV;
import static org.smmulator.arch.event.EventField.STAG;
import static org.smmulator.arch.event.EventField.STALL;
import static org.smmulator.arch.event.EventField.STREAM_ID;
import static org.smmulator.arch.event.EventField.SUBSTREAM_ID;
import static org.smmulator.arch.event.EventField.TT_RNW;
import static org.smmulator.arch.event.EventField.WANTED_PR;
import static org.smmulator.arch.event.EventField.WANTED_PW;
import static org.smmulator.arch.event.EventField.WANTED_PX;
import static org.smmulator.arch.event.EventField.WANTED_SPAN;
import static org.smmulator.arch.event.EventField.WANTED_UR;
import static org.smmulator.arch.event.EventField.WANTED_UW;
import static org.smmulator.arch.event.EventField.WANTED_UX;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.BitField;
import org.smmulator.arch.event.EventField;
import org.smmulator.arch.event.EventType;

/** Which fields an event record has, by its type (IHI 0070 7.3). */
final class EventFields {
  /** Of no use to most readers where they are 0. */
  private static final Set<BitField> UNUSUAL = Set.of(REASON, CONFLICT_REASON, NSIPA);

  private static final BitField[] ACCESS = {PNU, IND, RNW, INPUT_ADDRESS};
  private static final BitField[] STAGE = {NSIPA, S2, CLASS};

  private EventFields() {}

  static Fields of(@Nullable EventType type) {
    List<BitField> fields = new ArrayList<>(List.of(ID, STREAM_ID));
    if (type != EventType.F_STREAM_DISABLED && type != EventType.F_TRANSL_FORBIDDEN) {
      fields.add(SUBSTREAM_ID);
      if (type != EventType.C_BAD_SUBSTREAMID) {
        fields.add(SSV);
      }
    }
    if (type != null) {
      addOwn(type, fields);
    }
    return new Fields(EventField.class, fields, UNUSUAL);
  }

  private static void addOwn(EventType type, List<BitField> fields) {
    switch (type) {
      case C_BAD_STREAMID, C_BAD_STE, F_STREAM_DISABLED, C_BAD_SUBSTREAMID, C_BAD_CD -> {}
      case F_STE_FETCH, F_CD_FETCH, F_VMS_FETCH -> add(fields, REASON, FETCH_ADDRESS);
      case F_BAD_ATS_TREQ -> add(fields, SPAN, ATS_P, ATS_X, ATS_W, ATS_R, INPUT_ADDRESS);
      case F_TRANSL_FORBIDDEN -> add(fields, RNW, INPUT_ADDRESS);
      case F_UUT -> {
        add(fields, REASON);
        add(fields, ACCESS);
      }
      case F_WALK_EABT -> {
        add(fields, REASON, FETCH_ADDRESS);
        add(fields, ACCESS);
        add(fields, STAGE);
      }
      case F_TRANSLATION, F_ADDR_SIZE, F_ACCESS, F_PERMISSION -> {
        add(fields, ACCESS);
        add(fields, STAGE);
        add(fields, STAG, STALL, IPA);
        if (type == EventType.F_PERMISSION) {
          add(fields, TT_RNW);
        }
      }
      case F_TLB_CONFLICT -> {
        add(fields, CONFLICT_REASON, NSIPA, S2, IPA);
        add(fields, ACCESS);
      }
      case F_CFG_CONFLICT -> add(fields, CONFLICT_REASON);
      case E_PAGE_REQUEST -> {
        add(fields, WANTED_UX, WANTED_UW, WANTED_UR, WANTED_PX, WANTED_PW, WANTED_PR);
        add(fields, WANTED_SPAN, INPUT_ADDRESS);
      }
    }
  }

  private static void add(List<BitField> fields, BitField... others) {
    Collections.addAll(fields, others);
  }
}
