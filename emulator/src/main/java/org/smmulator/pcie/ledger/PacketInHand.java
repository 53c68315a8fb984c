package org.smmulator.pcie.ledger;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.PacketField;
import org.smmulator.bus.tlp.Tlp;

/**
 * The packet that the root complex handles now, so that a violation can show it. Of the hardware
 * loop.
 */
public final class PacketInHand {
  private @Nullable Tlp packet;
  private String device = "";

  /** A device's packet has come. */
  public void take(String from, Tlp received) {
    device = from;
    packet = received;
  }

  /** It is handled. */
  public void drop() {
    packet = null;
  }

  /** Its fields, if it is this device's; none otherwise, as between packets. */
  public Map<PacketField, String> fields(String of) {
    Tlp held = packet;
    return held != null && device.equals(of) ? PacketField.of(held) : Map.of();
  }
}
