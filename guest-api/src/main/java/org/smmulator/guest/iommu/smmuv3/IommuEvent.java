package org.smmulator.guest.iommu.smmuv3;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.event.EventField;
import org.smmulator.arch.event.EventType;
import org.smmulator.guest.iommu.IommuDevice;

/**
 * One record of the event queue (IHI 0070 7.3).
 *
 * @param type null for a number that the architecture does not name
 * @param device null if none is attached to the stream
 * @param pasid -1 for none
 * @param inputAddress what the device sent, where the event has an address
 * @param read whether the access was a read, where the event tells
 * @param fetchAddress what the SMMU could not fetch, where the event tells
 */
public record IommuEvent(
    int number,
    @Nullable EventType type,
    int streamId,
    @Nullable IommuDevice device,
    int pasid,
    long inputAddress,
    boolean read,
    long fetchAddress) {

  static IommuEvent decode(
      long word0, long word1, long word2, long word3, @Nullable IommuDevice device) {
    EventType type = EventType.of(word0);
    // C_BAD_SUBSTREAMID has no SSV bit: the substream is what it is about.
    boolean substream = EventField.SSV.isSet(word0) || type == EventType.C_BAD_SUBSTREAMID;
    return new IommuEvent(
        EventField.ID.getInt(word0),
        type,
        EventField.STREAM_ID.getInt(word0),
        device,
        substream ? EventField.SUBSTREAM_ID.getInt(word0) : -1,
        word2,
        EventField.RNW.isSet(word1),
        EventField.FETCH_ADDRESS.inPlace(word3));
  }

  /** One line for a log. */
  public String describe() {
    return "%s by %s%s, %s of 0x%x"
        .formatted(
            type == null ? "event 0x%02x".formatted(number) : type,
            device == null ? "stream 0x%x".formatted(streamId) : device,
            pasid < 0 ? "" : " with PASID " + pasid,
            read ? "read" : "write",
            inputAddress);
  }
}
