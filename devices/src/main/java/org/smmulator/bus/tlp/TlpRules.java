package org.smmulator.bus.tlp;

import org.jspecify.annotations.Nullable;

/**
 * When a packet whose length fits is malformed all the same (Base Specification 2.2, 2.3, 10.2 to
 * 10.4). What the receiver has to answer with Unsupported Request is not malformed and passes;
 * whether a completion fits its request is for the requester to say.
 */
final class TlpRules {
  private static final int DIGEST = 1 << 15;
  private static final int PROCESSING_HINTS = 1 << 16;

  /** Translations of one request: 128 bytes, the larger Read Completion Boundary. */
  private static final int MAX_TRANSLATION_DWORDS = 32;

  private TlpRules() {}

  static @Nullable String violation(Tlp tlp, int maxPayloadBytes, int maxReadRequestBytes) {
    if ((tlp.dw0() & DIGEST) != 0) {
      return "digest, which this bus does not carry";
    }
    if (tlp.payloadBytes() > maxPayloadBytes) {
      return "payload larger than MPS";
    }
    if (tlp.hasPasid() && !pasidAllowed(tlp)) {
      return "PASID prefix on a packet that must not have one";
    }
    return switch (tlp.type()) {
      case MEMORY_READ ->
          tlp.isTranslationRequest() ? translationRequest(tlp) : read(tlp, maxReadRequestBytes);
      case MEMORY_WRITE -> access(tlp);
      case FETCH_ADD, SWAP, COMPARE_AND_SWAP -> atomic(tlp);
      case CONFIG_READ, CONFIG_WRITE, IO_READ, IO_WRITE -> register(tlp);
      case MESSAGE, MESSAGE_DATA -> message(tlp);
      case COMPLETION, COMPLETION_DATA, OTHER -> null;
    };
  }

  private static boolean pasidAllowed(Tlp tlp) {
    if (tlp.type().isMessage()) {
      return switch (tlp.messageCode()) {
        case MessageCode.INVALIDATE_REQUEST, MessageCode.PAGE_REQUEST, MessageCode.PAGE_RESPONSE ->
            true;
        default -> false;
      };
    }
    return tlp.type().isMemoryRequest();
  }

  private static @Nullable String read(Tlp tlp, int maxReadRequestBytes) {
    return tlp.lengthDwords() * Integer.BYTES > maxReadRequestBytes
        ? "read larger than MRRS"
        : access(tlp);
  }

  private static @Nullable String access(Tlp tlp) {
    String reason = memory(tlp);
    if (reason != null) {
      return reason;
    }
    long first = tlp.address() & 0xFFF;
    if (first + tlp.lengthDwords() * (long) Integer.BYTES > 4096) {
      return "request crosses a 4 KiB boundary";
    }
    return byteEnables(tlp);
  }

  private static @Nullable String memory(Tlp tlp) {
    if ((tlp.dw0() & PROCESSING_HINTS) != 0) {
      return "processing hints, which this bus does not carry";
    }
    return tlp.isLongForm() && tlp.dw2() == 0 ? "4DW header for an address below 4 GiB" : null;
  }

  private static @Nullable String byteEnables(Tlp tlp) {
    int first = tlp.firstByteEnable();
    int last = tlp.lastByteEnable();
    int length = tlp.lengthDwords();
    if (length == 1) {
      return last == 0 ? null : "Last BE set in a request of one doubleword";
    }
    if (first == 0 || last == 0) {
      return "First or Last BE empty in a request of several doublewords";
    }
    boolean holesAllowed = length == 2 && (tlp.address() & 7) == 0;
    boolean towardsMiddle = (first & 8) != 0 && (last & 1) != 0 && !tlp.hasDisabledBytes();
    return holesAllowed || towardsMiddle ? null : "byte enables leave a hole";
  }

  private static @Nullable String translationRequest(Tlp tlp) {
    String reason = memory(tlp);
    if (reason != null) {
      return reason;
    }
    if (tlp.lengthDwords() % 2 != 0) {
      return "Translation Request of odd Length";
    }
    if (tlp.lengthDwords() > MAX_TRANSLATION_DWORDS) {
      return "Translation Request larger than RCB";
    }
    return (tlp.dw1() & 0xFF) == 0xFF ? null : "Translation Request without all byte enables";
  }

  private static @Nullable String atomic(Tlp tlp) {
    String reason = memory(tlp);
    if (reason != null) {
      return reason;
    }
    int operand = tlp.operandBytes();
    boolean wide = operand == 16 && tlp.type() == TlpType.COMPARE_AND_SWAP;
    if (operand != 4 && operand != 8 && !wide) {
      return "atomic with an operand of undefined size";
    }
    return tlp.address() % operand == 0 ? null : "atomic not aligned to its operand";
  }

  private static @Nullable String register(Tlp tlp) {
    return tlp.lengthDwords() == 1 && tlp.lastByteEnable() == 0
        ? null
        : "configuration or IO request of more than one doubleword";
  }

  private static @Nullable String message(Tlp tlp) {
    int firstByte = tlp.dw0() >>> 24;
    boolean formed =
        switch (tlp.messageCode()) {
          case MessageCode.INVALIDATE_REQUEST -> firstByte == 0x72 && tlp.lengthDwords() == 2;
          case MessageCode.INVALIDATE_COMPLETION, MessageCode.PAGE_RESPONSE -> firstByte == 0x32;
          case MessageCode.PAGE_REQUEST -> firstByte == 0x30;
          case MessageCode.ASSERT_INTA, MessageCode.DEASSERT_INTA -> firstByte == 0x34;
          default -> true;
        };
    return formed ? null : "ATS, PRI or INTx message of the wrong form";
  }
}
