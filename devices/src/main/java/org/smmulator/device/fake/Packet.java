package org.smmulator.device.fake;

import org.smmulator.bus.tlp.MessageCode;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.tlp.TlpType;

/**
 * What a fake root complex remembers of a memory request or message it received.
 *
 * @param addressType 0 untranslated, 1 translation request, 2 translated
 * @param pasid of the prefix, or -1
 * @param address of the first byte, or of the page of a page request
 * @param bytes that the request reads or writes
 * @param messageCode of a message, else 0
 * @param detail NW of a translation request; L, W and R of a page request; ITags acknowledged
 */
public record Packet(
    TlpType type,
    int addressType,
    int pasid,
    long address,
    int bytes,
    int messageCode,
    int detail) {

  static Packet of(Tlp tlp) {
    if (tlp.type().isMessage()) {
      boolean page = tlp.messageCode() == MessageCode.PAGE_REQUEST;
      long address = page ? tlp.pageAddress() : 0;
      int detail = page ? tlp.pageRequestFlags() : tlp.invalidateTags();
      return new Packet(tlp.type(), 0, tlp.pasid(), address, 0, tlp.messageCode(), detail);
    }
    int noWrite = tlp.isTranslationRequest() && tlp.noWrite() ? 1 : 0;
    return new Packet(
        tlp.type(),
        tlp.addressType(),
        tlp.pasid(),
        tlp.isTranslationRequest() ? tlp.address() : tlp.firstByteAddress(),
        tlp.byteCountRequested(),
        0,
        noWrite);
  }

  /** Whether it is a translation request. */
  public boolean isTranslationRequest() {
    return type == TlpType.MEMORY_READ && addressType == 1;
  }
}
