package org.smmulator.bus.tlp;

import io.netty.buffer.ByteBuf;

/**
 * Appends packets to a buffer. A PASID prefix is a call of its own before the packet. {@code flags}
 * are bits of header doubleword 0: the constants here and {@link #trafficClass}. Methods that write
 * a packet with data reserve the payload, zero its disabled bytes and return the index of the first
 * data byte, which the caller then fills. Addresses are of bytes: header form, address field,
 * Length and byte enables follow from them.
 */
public final class TlpWriter {
  public static final int TRANSLATED = AddressType.TRANSLATED << 10;
  public static final int NO_SNOOP = 1 << 12;
  public static final int RELAXED_ORDERING = 1 << 13;
  public static final int POISONED = 1 << 14;
  public static final int ID_BASED_ORDERING = 1 << 18;

  private static final int LONG_FORM = 0x20 << 24;
  private static final int WITH_DATA = 0x40 << 24;
  private static final int MEMORY = 0;
  private static final int CONFIG = 0x04 << 24;
  private static final int COMPLETION = 0x0A << 24;
  private static final int MESSAGE_TO_ROOT = 0x30 << 24;
  private static final int MESSAGE_LOCAL = 0x34 << 24;
  private static final int MESSAGE_BY_ID = 0x32 << 24;
  private static final int TAG_BITS_9_8 = (1 << 23) | (1 << 19);
  private static final int REPEATED = TAG_BITS_9_8 | (7 << 20) | ID_BASED_ORDERING | (3 << 12);
  private static final int MAX_DWORDS = 1024;

  private TlpWriter() {}

  /** The traffic class as flag. */
  public static int trafficClass(int trafficClass) {
    return trafficClass << 20;
  }

  /** The PASID prefix of the packet that follows; nothing for a PASID of -1. */
  public static void pasidPrefix(ByteBuf out, int pasid, boolean privileged, boolean execute) {
    if (pasid < 0) {
      return;
    }
    if (pasid > 0xFFFFF) {
      throw new IllegalArgumentException("PASID 0x" + Integer.toHexString(pasid));
    }
    out.writeInt((0x91 << 24) | (privileged ? 1 << 23 : 0) | (execute ? 1 << 22 : 0) | pasid);
  }

  /** A Memory Read; of no bytes it is the read that flushes posted writes. */
  public static void memoryRead(
      ByteBuf out, int flags, int requesterId, int tag, long address, int bytes) {
    memoryHeader(out, MEMORY | flags, requesterId, tag, address, bytes);
  }

  /**
   * A Memory Write.
   *
   * @return index of its first data byte
   */
  public static int memoryWrite(ByteBuf out, int flags, int requesterId, long address, int bytes) {
    memoryHeader(out, MEMORY | WITH_DATA | flags, requesterId, 0, address, bytes);
    return payload(out, (int) address & 3, bytes);
  }

  /** A Translation Request for as many translations from the page of the address on. */
  public static void translationRequest(
      ByteBuf out, int requesterId, int tag, long address, int translations, boolean noWrite) {
    int dw0 = (AddressType.TRANSLATION_REQUEST << 10) | tagBits(tag) | dwords(translations * 2);
    long field = (address & -4096L) | (noWrite ? 1 : 0);
    requestHeader(out, dw0, requesterId, tag, 0xFF, field);
  }

  /** A type 0 Configuration Read of 1, 2 or 4 bytes within one doubleword. */
  public static void configRead(
      ByteBuf out, int requesterId, int tag, int targetId, int register, int bytes) {
    configHeader(out, CONFIG, requesterId, tag, targetId, register, bytes);
  }

  /**
   * A type 0 Configuration Write of 1, 2 or 4 bytes within one doubleword.
   *
   * @return index of its first data byte; registers are little-endian
   */
  public static int configWrite(
      ByteBuf out, int requesterId, int tag, int targetId, int register, int bytes) {
    configHeader(out, CONFIG | WITH_DATA, requesterId, tag, targetId, register, bytes);
    return payload(out, register & 3, bytes);
  }

  /** What a completion repeats of its request, where there is no received request to ask. */
  public static long transaction(int requesterId, int tag) {
    return repeated(tagBits(tag), (requesterId << 16) | ((tag & 0xFF) << 8));
  }

  static long repeated(int dw0, int dw1) {
    return ((long) (dw0 & REPEATED) << 32) | (dw1 & 0xFFFF_FF00L);
  }

  /**
   * A completion without data.
   *
   * @param transaction of the request, from {@link Tlp#transaction}
   * @param byteCount bytes the request still waits for; 4 if it was not a memory read
   */
  public static void completion(
      ByteBuf out, int completerId, long transaction, int status, int byteCount) {
    completionHeader(
        out, COMPLETION, completerId, transaction, (status << 13) | count(byteCount), 0);
  }

  /**
   * A successful completion with data.
   *
   * @param byteCount bytes the request still waits for, these included
   * @param address of the first byte; its low bits tell where in the doubleword it stands
   * @param bytes in this completion
   * @return index of its first data byte
   */
  public static int completionData(
      ByteBuf out, int completerId, long transaction, int byteCount, long address, int bytes) {
    int lead = (int) address & 3;
    int dw0 = COMPLETION | WITH_DATA | dwords(span(lead, bytes));
    completionHeader(out, dw0, completerId, transaction, count(byteCount), (int) address & 0x7F);
    return payload(out, lead, bytes);
  }

  /** A Translation Completion that answers its request alone: entries of {@link AtsEntry}. */
  public static void translationCompletion(
      ByteBuf out, int completerId, long transaction, long[] entries, int entryCount) {
    int bytes = entryCount * Long.BYTES;
    int index = completionData(out, completerId, transaction, bytes, 0, bytes);
    for (int i = 0; i < entryCount; i++) {
      out.setLong(index + i * Long.BYTES, entries[i]);
    }
  }

  /** An Invalidate Request; the payload comes from {@link AtsEntry#encodeInvalidation}. */
  public static void invalidateRequest(
      ByteBuf out, int requesterId, int deviceId, int invalidateTag, long payload) {
    int dw1 = (requesterId << 16) | ((invalidateTag & 0x1F) << 8) | MessageCode.INVALIDATE_REQUEST;
    header(out, MESSAGE_BY_ID | WITH_DATA | 2, dw1, deviceId << 16, 0);
    out.writeLong(payload);
  }

  /**
   * An Invalidate Completion.
   *
   * @param flags its traffic class
   * @param completionCount how many of them, 1 to 8, the requests get in all
   * @param invalidateTags bit n acknowledges ITag n
   */
  public static void invalidateCompletion(
      ByteBuf out, int flags, int deviceId, int targetId, int completionCount, int invalidateTags) {
    int dw1 = (deviceId << 16) | MessageCode.INVALIDATE_COMPLETION;
    int dw2 = (targetId << 16) | (completionCount & 7);
    header(out, MESSAGE_BY_ID | flags, dw1, dw2, invalidateTags);
  }

  /** A Page Request with READ, WRITE and LAST of {@link PageRequestFlags}. */
  public static void pageRequest(
      ByteBuf out, int requesterId, long address, int prgIndex, int pageFlags) {
    int dw1 = (requesterId << 16) | MessageCode.PAGE_REQUEST;
    int dw3 =
        ((int) address & -4096)
            | ((prgIndex & 0x1FF) << 3)
            | (pageFlags & PageRequestFlags.IN_ADDRESS);
    header(out, MESSAGE_TO_ROOT, dw1, (int) (address >>> 32), dw3);
  }

  /** The Stop Marker of a PASID, its prefix included. */
  public static void stopMarker(ByteBuf out, int requesterId, int pasid) {
    pasidPrefix(out, pasid, false, false);
    pageRequest(out, requesterId, 0, 0, PageRequestFlags.LAST);
  }

  /** A PRG Response with a code of {@link PageResponseCode}. */
  public static void pageResponse(
      ByteBuf out, int requesterId, int deviceId, int prgIndex, int code) {
    int dw2 = (deviceId << 16) | ((code & 0xF) << 12) | (prgIndex & 0x1FF);
    header(out, MESSAGE_BY_ID, (requesterId << 16) | MessageCode.PAGE_RESPONSE, dw2, 0);
  }

  /** Assert_INTA or Deassert_INTA. */
  public static void interruptMessage(ByteBuf out, int requesterId, boolean asserted) {
    int code = asserted ? MessageCode.ASSERT_INTA : MessageCode.DEASSERT_INTA;
    header(out, MESSAGE_LOCAL, (requesterId << 16) | code, 0, 0);
  }

  private static void memoryHeader(
      ByteBuf out, int dw0, int requesterId, int tag, long address, int bytes) {
    int lead = (int) address & 3;
    int length = span(lead, bytes);
    if ((address & 0xFFC) + length * (long) Integer.BYTES > 4096) {
      throw new IllegalArgumentException("request crosses a 4 KiB boundary");
    }
    int first = bytes == 0 ? 0 : (0xF << lead) & 0xF;
    int last = 0xF >> (-(lead + bytes) & 3);
    int enables = length == 1 ? first & last : (last << 4) | first;
    requestHeader(
        out, dw0 | tagBits(tag) | dwords(length), requesterId, tag, enables, address & -4L);
  }

  private static void requestHeader(
      ByteBuf out, int dw0, int requesterId, int tag, int byteEnables, long addressField) {
    int dw1 = (requesterId << 16) | ((tag & 0xFF) << 8) | byteEnables;
    int high = (int) (addressField >>> 32);
    if (high == 0) {
      header(out, dw0, dw1, (int) addressField);
    } else {
      header(out, dw0 | LONG_FORM, dw1, high, (int) addressField);
    }
  }

  private static void configHeader(
      ByteBuf out, int dw0, int requesterId, int tag, int targetId, int register, int bytes) {
    int lead = register & 3;
    if (span(lead, bytes) != 1 || register >>> 12 != 0) {
      throw new IllegalArgumentException("no " + bytes + " bytes at register " + register);
    }
    int enables = (0xF << lead) & (0xF >> (4 - lead - bytes));
    int dw1 = (requesterId << 16) | ((tag & 0xFF) << 8) | enables;
    header(out, dw0 | tagBits(tag) | 1, dw1, (targetId << 16) | (register & 0xFFC));
  }

  private static void completionHeader(
      ByteBuf out, int dw0, int completerId, long transaction, int statusAndCount, int lower) {
    int repeated = (int) (transaction >>> 32);
    header(out, dw0 | repeated, (completerId << 16) | statusAndCount, (int) transaction | lower);
  }

  private static int tagBits(int tag) {
    return ((tag & 0x100) << 11) | ((tag & 0x200) << 14);
  }

  /** Doublewords touched by the bytes; one for none. */
  private static int span(int lead, int bytes) {
    return Math.max(1, (lead + bytes + 3) >> 2);
  }

  private static int dwords(int length) {
    if (length < 1 || length > MAX_DWORDS) {
      throw new IllegalArgumentException("Length of " + length + " doublewords");
    }
    return length & 0x3FF;
  }

  /** The Byte Count field; the answer to a read of no bytes counts one. */
  private static int count(int byteCount) {
    return Math.max(1, byteCount) & 0xFFF;
  }

  private static int payload(ByteBuf out, int lead, int bytes) {
    int index = out.writerIndex();
    int length = span(lead, bytes) * Integer.BYTES;
    out.ensureWritable(length);
    if (length != bytes) { // some bytes are disabled
      out.setInt(index, 0).setInt(index + length - Integer.BYTES, 0);
    }
    out.writerIndex(index + length);
    return index + lead;
  }

  private static void header(ByteBuf out, int dw0, int dw1, int dw2) {
    out.writeLong(twoDwords(dw0, dw1)).writeInt(dw2);
  }

  private static void header(ByteBuf out, int dw0, int dw1, int dw2, int dw3) {
    out.writeLong(twoDwords(dw0, dw1)).writeLong(twoDwords(dw2, dw3));
  }

  /** Two are written at once because each call on a buffer checks its bounds and its life again. */
  private static long twoDwords(int first, int second) {
    return ((long) first << Integer.SIZE) | (second & 0xFFFF_FFFFL);
  }
}
