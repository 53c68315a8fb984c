package org.smmulator.bus.tlp;

import java.util.EnumMap;
import java.util.Map;
import java.util.StringJoiner;
import org.smmulator.counter.CounterRow.Spelling;

/** The fields of a packet as people read them, in this order; each packet has some of them. */
public enum PacketField {
  TYPE,
  ADDRESS_TYPE,
  ADDRESS,
  BYTES,
  FIRST_BYTE_ENABLE,
  LAST_BYTE_ENABLE,
  TRANSLATIONS,
  NO_WRITE,
  PASID,
  PRIVILEGED,
  EXECUTE,
  REQUESTER_ID,
  COMPLETER_ID,
  TARGET_ID,
  TAG,
  STATUS,
  BYTE_COUNT,
  LOWER_ADDRESS,
  PAGE_REQUEST_GROUP,
  FLAGS,
  INVALIDATE_TAGS,
  COMPLETION_COUNT,
  POISONED;

  private static final String[] ADDRESS_TYPES = {
    "untranslated", "translation request", "translated", "reserved"
  };

  /** As {@code addressType}. */
  public String key() {
    return Spelling.camelCase(name());
  }

  /** As "address type". */
  public String words() {
    return Spelling.words(name());
  }

  /** The fields that a well-formed packet has, with what stands in them. */
  public static Map<PacketField, String> of(Tlp tlp) {
    Map<PacketField, String> fields = new EnumMap<>(PacketField.class);
    fields.put(TYPE, type(tlp));
    fields.put(REQUESTER_ID, RequesterId.text(tlp.requesterId()));
    fields.put(PASID, tlp.hasPasid() ? Integer.toString(tlp.pasid()) : "none");
    if (tlp.hasPasid()) {
      fields.put(PRIVILEGED, yes(tlp.privilegedRequested()));
      fields.put(EXECUTE, yes(tlp.executeRequested()));
    }
    if (tlp.isPoisoned()) {
      fields.put(POISONED, yes(true));
    }
    if (tlp.type().isMemoryRequest()) {
      memory(tlp, fields);
    } else if (tlp.type().isCompletion()) {
      completion(tlp, fields);
    } else if (tlp.type().isMessage()) {
      message(tlp, fields);
    } else {
      fields.put(TAG, hex(tlp.tag()));
    }
    return fields;
  }

  private static String type(Tlp tlp) {
    if (tlp.isTranslationRequest()) {
      return "translation request";
    }
    if (!tlp.type().isMessage()) {
      return Spelling.words(tlp.type().name());
    }
    return switch (tlp.messageCode()) {
      case MessageCode.PAGE_REQUEST -> tlp.isStopMarker() ? "stop marker" : "page request";
      case MessageCode.INVALIDATE_COMPLETION -> "invalidate completion";
      case MessageCode.INVALIDATE_REQUEST -> "invalidate request";
      case MessageCode.PAGE_RESPONSE -> "PRG response";
      case MessageCode.ASSERT_INTA -> "assert INTA";
      case MessageCode.DEASSERT_INTA -> "deassert INTA";
      default -> "message " + hex(tlp.messageCode());
    };
  }

  private static void memory(Tlp tlp, Map<PacketField, String> fields) {
    fields.put(ADDRESS_TYPE, ADDRESS_TYPES[tlp.addressType()]);
    fields.put(ADDRESS, hex(tlp.address()));
    fields.put(TAG, hex(tlp.tag()));
    if (tlp.isTranslationRequest()) {
      fields.put(TRANSLATIONS, Integer.toString(tlp.translationsRequested()));
      fields.put(NO_WRITE, yes(tlp.noWrite()));
      return;
    }
    fields.put(BYTES, Integer.toString(tlp.byteCountRequested()));
    if (!tlp.type().isAtomic()) {
      fields.put(FIRST_BYTE_ENABLE, hex(tlp.firstByteEnable()));
      fields.put(LAST_BYTE_ENABLE, hex(tlp.lastByteEnable()));
    }
  }

  private static void completion(Tlp tlp, Map<PacketField, String> fields) {
    fields.put(COMPLETER_ID, RequesterId.text(tlp.completerId()));
    fields.put(TAG, hex(tlp.tag()));
    fields.put(
        STATUS,
        switch (tlp.status()) {
          case CompletionStatus.SC -> "SC";
          case CompletionStatus.UR -> "UR";
          case CompletionStatus.CRS -> "CRS";
          case CompletionStatus.CA -> "CA";
          default -> hex(tlp.status());
        });
    fields.put(BYTES, Integer.toString(tlp.payloadBytes()));
    fields.put(BYTE_COUNT, Integer.toString(tlp.byteCount()));
    fields.put(LOWER_ADDRESS, hex(tlp.lowerAddress()));
  }

  private static void message(Tlp tlp, Map<PacketField, String> fields) {
    switch (tlp.messageCode()) {
      case MessageCode.PAGE_REQUEST -> {
        fields.put(ADDRESS, hex(tlp.pageAddress()));
        fields.put(PAGE_REQUEST_GROUP, hex(tlp.prgIndex()));
        fields.put(FLAGS, flags(tlp.pageRequestFlags()));
      }
      case MessageCode.INVALIDATE_COMPLETION -> {
        fields.put(TARGET_ID, RequesterId.text(tlp.targetId()));
        fields.put(INVALIDATE_TAGS, hex(Integer.toUnsignedLong(tlp.invalidateTags())));
        fields.put(COMPLETION_COUNT, Integer.toString(tlp.completionCount()));
      }
      default -> fields.put(TAG, hex(tlp.tag()));
    }
  }

  private static String flags(int flags) {
    StringJoiner set = new StringJoiner(", ");
    set.setEmptyValue("none");
    if ((flags & PageRequestFlags.READ) != 0) {
      set.add("read");
    }
    if ((flags & PageRequestFlags.WRITE) != 0) {
      set.add("write");
    }
    if ((flags & PageRequestFlags.LAST) != 0) {
      set.add("last");
    }
    return set.toString();
  }

  private static String yes(boolean is) {
    return is ? "yes" : "no";
  }

  private static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}
