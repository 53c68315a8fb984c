package org.smmulator.pcie;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.bus.tlp.RequesterId;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.tlp.TlpWriter;

/** Two functions on two links, and a page of the first one that leads to the BAR of the other. */
abstract class PeerScene extends FunctionScene {
  static final int PEER_ID = 0x28;
  static final long BAR = MemoryMap.PCIE_MMIO32;
  static final long PEER_VA = VA + 0x3000;
  static final int COMMAND = 0x04;

  final ScriptedDevice peer = machine.master(PEER_ID);

  @BeforeEach
  void mapTheBar() {
    machine.configWrite(PEER_ID, 0x10, 4, BAR);
    guest.map(root, PEER_VA, BAR, true);
    for (int i = 0; i < peer.bar.length; i++) {
      peer.bar[i] = (byte) (i + (i >> 8));
    }
  }

  final long count(FunctionCounter counter) {
    return machine.device("00:04.0").count(counter);
  }

  static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) (i + 1);
    }
    return bytes;
  }

  /** The reads that the peer has, without what it was written. */
  final List<ReceivedPacket> takeReads() {
    machine.run();
    return peer.takeAll().stream().filter(p -> p.type() == TlpType.MEMORY_READ).toList();
  }

  /** Answers a read of at most 8 bytes from the BAR. */
  final void answer(ReceivedPacket read, int bytes) {
    long transaction = TlpWriter.transaction(RequesterId.ROOT, read.tag());
    int offset = (int) (read.address() - BAR);
    peer.send(
        out -> {
          int index =
              TlpWriter.completionData(out, PEER_ID, transaction, bytes, read.address(), bytes);
          out.setBytes(index, peer.bar, offset, bytes);
        });
    machine.run();
  }

  final void refuse(ReceivedPacket read, int status) {
    long transaction = TlpWriter.transaction(RequesterId.ROOT, read.tag());
    peer.send(out -> TlpWriter.completion(out, PEER_ID, transaction, status, 4));
    machine.run();
  }

  /** Answers all reads of 8 bytes, and those that follow; how many there were. */
  final int serve() {
    int served = 0;
    for (List<ReceivedPacket> reads = takeReads(); !reads.isEmpty(); reads = takeReads()) {
      for (ReceivedPacket read : reads) {
        answer(read, 8);
        served++;
      }
    }
    return served;
  }

  static String hex(byte[] bytes, int from, int count) {
    StringBuilder hex = new StringBuilder();
    for (int i = from; i < from + count; i++) {
      hex.append(String.format("%02x", bytes[i]));
    }
    return hex.toString();
  }
}
