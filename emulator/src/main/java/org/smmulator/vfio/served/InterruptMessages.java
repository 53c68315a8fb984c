package org.smmulator.vfio.served;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.vfio.VfioClient;

/**
 * Brings message-signalled interrupts to the client's interrupt controller: each is a write of its
 * number to the register that it has for them. While one is under way, the next of the same number
 * waits, and one stands for all that wait: they are edges. Used on the hardware's loop.
 */
final class InterruptMessages {
  private static final Logger LOG = LoggerFactory.getLogger(InterruptMessages.class);

  private final BitSet underWay = new BitSet();
  private final BitSet waiting = new BitSet();
  private @Nullable VfioClient client;
  private boolean complained;

  /** From now on there is a client; null for none, and what was under way is lost with it. */
  void sendTo(@Nullable VfioClient newClient) {
    client = newClient;
    underWay.clear();
    waiting.clear();
    complained = false;
  }

  /** A message with an interrupt's number was written to the machine's MSI frame. */
  void raise(int intid) {
    if (underWay.get(intid)) {
      waiting.set(intid);
      return;
    }
    byte[] number = {(byte) intid, (byte) (intid >>> 8), 0, 0};
    VfioClient receiver = client;
    if (receiver == null) {
      complain("nobody has the SMMU's function, over which interrupts go");
    } else if (receiver.dmaWrite(
        MemoryMap.MSI_SETSPI, number, errno -> ended(receiver, intid, errno))) {
      underWay.set(intid);
    } else {
      complain("too many writes wait for the client's answer");
    }
  }

  private void ended(VfioClient receiver, int intid, int errno) {
    if (receiver != client) {
      return;
    }
    if (errno != 0) {
      complain("the client has refused it with errno " + errno);
    }
    underWay.clear(intid);
    if (waiting.get(intid)) {
      waiting.clear(intid);
      raise(intid);
    }
  }

  private void complain(String why) {
    if (!complained) {
      complained = true;
      LOG.warn("an interrupt is lost: {} (said once)", why);
    }
  }
}
