package org.smmulator.bus.tlp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * One received transaction layer packet, non-flit mode, without sequence number or digest: at most
 * one PASID prefix, the header, the payload (Base Specification 2.2). A mutable window on the
 * receive buffer, reused for the next packet: whoever needs a value later copies it. After {@link
 * #wrap} returned null every accessor that fits {@link #type} answers within the packet; after it
 * returned a reason the accessors mean nothing. Not thread-safe.
 */
public final class Tlp {
  private static final int MAX_BYTES = 4096;
  private static final int PREFIX_FMT = 4;
  private static final int PASID_PREFIX = 0x91;
  private static final int SHORT_HEADER_BYTES = 12;
  private static final int LONG_HEADER_BYTES = 16;

  private int maxPayloadBytes = MAX_BYTES;
  private int maxReadRequestBytes = MAX_BYTES;

  private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
  private TlpType type = TlpType.OTHER;
  private int prefix;
  private int dw0;
  private int dw1;
  private int dw2;
  private int dw3;
  private int payloadIndex;

  /** Sets the negotiated limits that packets are checked against; 4096 each at first. */
  public void limit(int maxPayloadBytes, int maxReadRequestBytes) {
    this.maxPayloadBytes = maxPayloadBytes;
    this.maxReadRequestBytes = maxReadRequestBytes;
  }

  /**
   * Looks at the packet of {@code lengthBytes} at {@code index}, whatever its bytes are.
   *
   * @return null if it is well-formed, else why it is malformed
   */
  public @Nullable String wrap(ByteBuf buffer, int index, int lengthBytes) {
    this.buffer = buffer;
    if (index < 0 || lengthBytes < 0 || index > buffer.writerIndex() - lengthBytes) {
      return "packet outside its buffer";
    }
    if (lengthBytes < SHORT_HEADER_BYTES) {
      return "shorter than any header";
    }
    // Two doublewords at once: each call on a buffer checks its bounds and its life again.
    long firstTwo = buffer.getLong(index);
    prefix = 0;
    dw0 = (int) (firstTwo >>> Integer.SIZE);
    dw1 = (int) firstTwo;
    if (dw0 >>> 29 != PREFIX_FMT) {
      dw2 = buffer.getInt(index + 8);
      return wrapHeader(index, lengthBytes);
    }
    prefix = dw0;
    dw0 = dw1;
    if (prefix >>> 24 != PASID_PREFIX) {
      return "prefix other than PASID";
    }
    if (lengthBytes < Integer.BYTES + SHORT_HEADER_BYTES) {
      return "shorter than its header";
    }
    long nextTwo = buffer.getLong(index + 8);
    dw1 = (int) (nextTwo >>> Integer.SIZE);
    dw2 = (int) nextTwo;
    return wrapHeader(index + Integer.BYTES, lengthBytes - Integer.BYTES);
  }

  private @Nullable String wrapHeader(int index, int lengthBytes) {
    if (dw0 >>> 29 == PREFIX_FMT) {
      return "more than one prefix";
    }
    TlpType found = TlpType.of(dw0 >>> 24);
    if (found == null) {
      return "undefined Fmt and Type";
    }
    type = found;
    int headerBytes = isLongForm() ? LONG_HEADER_BYTES : SHORT_HEADER_BYTES;
    if (lengthBytes < headerBytes) {
      return "shorter than its header";
    }
    dw3 = isLongForm() ? buffer.getInt(index + 12) : 0;
    payloadIndex = index + headerBytes;
    if (lengthBytes != headerBytes + payloadBytes()) {
      return "Length field disagrees with the packet's length";
    }
    return TlpRules.violation(this, maxPayloadBytes, maxReadRequestBytes);
  }

  public TlpType type() {
    return type;
  }

  public ByteBuf buffer() {
    return buffer;
  }

  /** Whether the header has four doublewords. */
  boolean isLongForm() {
    return (dw0 & (1 << 29)) != 0;
  }

  /** Header doubleword 0: Fmt, Type, traffic class, attributes, AT, Length. */
  public int dw0() {
    return dw0;
  }

  /** Header doubleword 1. */
  public int dw1() {
    return dw1;
  }

  /** Header doubleword 2. */
  public int dw2() {
    return dw2;
  }

  /** Header doubleword 3; 0 in a header of three. */
  public int dw3() {
    return dw3;
  }

  // The PASID prefix.

  public boolean hasPasid() {
    return prefix != 0;
  }

  /** The PASID, -1 without prefix. */
  public int pasid() {
    return hasPasid() ? prefix & 0xFFFFF : -1;
  }

  public boolean privilegedRequested() {
    return (prefix & (1 << 23)) != 0;
  }

  public boolean executeRequested() {
    return (prefix & (1 << 22)) != 0;
  }

  /** The packet's bytes, for who has to look at it later. */
  public byte[] copy() {
    int header = isLongForm() ? LONG_HEADER_BYTES : SHORT_HEADER_BYTES;
    int index = payloadIndex - header - (hasPasid() ? Integer.BYTES : 0);
    byte[] bytes = new byte[payloadIndex + payloadBytes() - index];
    buffer.getBytes(index, bytes);
    return bytes;
  }

  // Common header fields.

  /** {@link AddressType} of a memory request, 0 on everything else, where the bits are reserved. */
  public int addressType() {
    return type.isMemoryRequest() ? (dw0 >>> 10) & 3 : AddressType.UNTRANSLATED;
  }

  /** AT forbids the packet, though it is well-formed: the receiver answers Unsupported Request. */
  public boolean atIllegal() {
    int at = addressType();
    return at == AddressType.RESERVED
        || (at == AddressType.TRANSLATION_REQUEST && type != TlpType.MEMORY_READ);
  }

  public boolean isTranslationRequest() {
    return type == TlpType.MEMORY_READ && addressType() == AddressType.TRANSLATION_REQUEST;
  }

  /** Whether the sender waits for a completion. */
  public boolean isNonPosted() {
    return switch (type) {
      case MEMORY_WRITE, MESSAGE, MESSAGE_DATA, COMPLETION, COMPLETION_DATA -> false;
      case OTHER -> ((dw0 >>> 24) & 0x1F) != 0x0B;
      default -> true;
    };
  }

  public int trafficClass() {
    return (dw0 >>> 20) & 7;
  }

  /** Attr[2:0]: ID-based ordering, relaxed ordering, no snoop. */
  public int attributes() {
    return ((dw0 >>> 16) & 4) | ((dw0 >>> 12) & 3);
  }

  public boolean isPoisoned() {
    return (dw0 & (1 << 14)) != 0;
  }

  /** The requester; in a completion that of the request it answers. */
  public int requesterId() {
    return (type.isCompletion() ? dw2 : dw1) >>> 16;
  }

  /** The tag with T8 and T9; of a message the bare tag byte. */
  public int tag() {
    int low = ((type.isCompletion() ? dw2 : dw1) >>> 8) & 0xFF;
    return type.isMessage() ? low : low | ((dw0 >>> 11) & 0x100) | ((dw0 >>> 14) & 0x200);
  }

  /** What a completion must repeat of this request, for the completion methods of the writer. */
  public long transaction() {
    return TlpWriter.repeated(dw0, dw1);
  }

  // Payload.

  /** The Length field, 0 read as 1024. */
  public int lengthDwords() {
    int length = dw0 & 0x3FF;
    return length == 0 ? 1024 : length;
  }

  /** Where the payload begins in {@link #buffer}. */
  public int payloadIndex() {
    return payloadIndex;
  }

  /** Bytes of payload, byte enables aside; 0 in a packet without. */
  public int payloadBytes() {
    return (dw0 & (1 << 30)) == 0 ? 0 : lengthDwords() * Integer.BYTES;
  }

  // Memory requests.

  /** The address of the first doubleword; of a Translation Request that of the first page. */
  public long address() {
    long address = isLongForm() ? ((long) dw2 << 32) | (dw3 & 0xFFFF_FFFCL) : dw2 & 0xFFFF_FFFCL;
    return isTranslationRequest() ? address & -4096L : address;
  }

  public int firstByteEnable() {
    return dw1 & 0xF;
  }

  public int lastByteEnable() {
    return (dw1 >>> 4) & 0xF;
  }

  /** A read or write with no byte enabled, used to flush posted writes. */
  public boolean isZeroLength() {
    return !type.isAtomic() && firstByteEnable() == 0;
  }

  /** The address of the first enabled byte. */
  public long firstByteAddress() {
    return address() + leadingBytes();
  }

  /** Where the first enabled byte of a write stands in {@link #buffer}. */
  public int dataIndex() {
    return payloadIndex + leadingBytes();
  }

  private int leadingBytes() {
    return type.isAtomic() || firstByteEnable() == 0
        ? 0
        : Integer.numberOfTrailingZeros(firstByteEnable());
  }

  /** At most 8 bytes from an index of the {@link #buffer} on, the first one the lowest. */
  public long littleEndian(int index, int bytes) {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (long) buffer().getUnsignedByte(index + i) << (i * Byte.SIZE);
    }
    return value;
  }

  /**
   * Bytes from the first enabled to the last enabled one; 0 if none is, although the completion of
   * such a read counts one byte. Of an atomic the bytes its completion carries.
   */
  public int byteCountRequested() {
    if (type.isAtomic()) {
      return operandBytes();
    }
    if (isZeroLength()) {
      return 0;
    }
    int last = lengthDwords() == 1 ? firstByteEnable() : lastByteEnable();
    int trailing = Integer.numberOfLeadingZeros(last) - (Integer.SIZE - Integer.BYTES);
    return lengthDwords() * Integer.BYTES - leadingBytes() - trailing;
  }

  /** Whether a byte between the first and last enabled one is not enabled. */
  public boolean hasDisabledBytes() {
    int span = byteCountRequested();
    int enabled = Integer.bitCount(firstByteEnable()) + Integer.bitCount(lastByteEnable());
    return span > 0 && !type.isAtomic() && span > enabled + 4 * Math.max(0, lengthDwords() - 2);
  }

  /** Whether the byte {@code offset} bytes after {@link #address} is enabled. */
  public boolean isByteEnabled(int offset) {
    int dword = offset >> 2;
    int bit = 1 << (offset & 3);
    if (dword == 0) {
      return (firstByteEnable() & bit) != 0;
    }
    return dword < lengthDwords() - 1 || (lastByteEnable() & bit) != 0;
  }

  /** Bytes of one operand of an atomic; a compare and swap carries two. */
  public int operandBytes() {
    int operands = type == TlpType.COMPARE_AND_SWAP ? 2 : 1;
    return lengthDwords() * Integer.BYTES / operands;
  }

  /** NW of a Translation Request: it asks for read permission only. */
  public boolean noWrite() {
    return ((isLongForm() ? dw3 : dw2) & 1) != 0;
  }

  /** How many translations a Translation Request asks for. */
  public int translationsRequested() {
    return lengthDwords() / 2;
  }

  // Configuration requests and messages routed by ID.

  /** The function a configuration request or a message by ID is for. */
  public int targetId() {
    return dw2 >>> 16;
  }

  /** Byte offset of the doubleword in configuration space. */
  public int register() {
    return dw2 & 0xFFC;
  }

  // Completions.

  public int completerId() {
    return dw1 >>> 16;
  }

  /** {@link CompletionStatus}, raw. */
  public int status() {
    return (dw1 >>> 13) & 7;
  }

  /** Byte Count, 0 read as 4096. */
  public int byteCount() {
    int count = dw1 & 0xFFF;
    return count == 0 ? 4096 : count;
  }

  /** Bits [6:0] of the address of the first byte this completion carries. */
  public int lowerAddress() {
    return dw2 & 0x7F;
  }

  // Messages.

  /** {@link MessageCode}. */
  public int messageCode() {
    return dw1 & 0xFF;
  }

  /** ITag of an Invalidate Request. */
  public int invalidateTag() {
    return (dw1 >>> 8) & 0x1F;
  }

  /** Completion Count of an Invalidate Completion, 0 read as 8. */
  public int completionCount() {
    int count = dw2 & 7;
    return count == 0 ? 8 : count;
  }

  /** ITags that an Invalidate Completion acknowledges, bit n for ITag n. */
  public int invalidateTags() {
    return dw3;
  }

  /** Page of a Page Request. */
  public long pageAddress() {
    return ((long) dw2 << 32) | (dw3 & 0xFFFF_F000L);
  }

  /** READ, WRITE and LAST of {@link PageRequestFlags}. */
  public int pageRequestFlags() {
    return dw3 & PageRequestFlags.IN_ADDRESS;
  }

  /** PRG index of a Page Request or PRG Response. */
  public int prgIndex() {
    return messageCode() == MessageCode.PAGE_RESPONSE ? dw2 & 0x1FF : (dw3 >>> 3) & 0x1FF;
  }

  /** {@link PageResponseCode} of a PRG Response, raw. */
  public int pageResponseCode() {
    return (dw2 >>> 12) & 0xF;
  }

  /** A Page Request that ends a PASID's requests instead of asking for a page. */
  public boolean isStopMarker() {
    return messageCode() == MessageCode.PAGE_REQUEST
        && hasPasid()
        && pageRequestFlags() == PageRequestFlags.LAST;
  }
}
