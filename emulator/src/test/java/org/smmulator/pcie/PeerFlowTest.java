package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.bus.tlp.CompletionStatus.SC;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.wire.LinkLimits;

/** Functions that write more to others than those take. */
class PeerFlowTest extends PeerScene {
  private static final int WRITE_BYTES = 4096;

  /** A frame with an aligned access of 8 bytes: header of the frame, of the packet, data. */
  private static final int ACCESS_BYTES = 8 + 12 + 8;

  /** What a write of the largest size adds to what the other function has to take. */
  private static final int SPLIT_BYTES = WRITE_BYTES / 8 * ACCESS_BYTES;

  /**
   * The first writes that wait: so many fill the room, and the one that finds it full is the last.
   */
  private static final int TAKEN = PeerWrites.MOST_BEHIND / SPLIT_BYTES + 1;

  /** More than a link may leave, if nobody were held back. */
  private static final int FLOOD = LinkLimits.DEFAULT.unsentBytes() / SPLIT_BYTES * 5 / 4;

  private long writes() {
    return count(FunctionCounter.PEER_BYTES_WRITTEN) / WRITE_BYTES;
  }

  private void flood(ScriptedDevice writer, long va, int writes) {
    byte[] data = bytes(WRITE_BYTES);
    for (int i = 0; i < writes; i++) {
      writer.write(PASID, 0, va, data);
    }
    machine.run();
  }

  /** Lets them take turns until no write is left; how many accesses the second one was written. */
  private long finish(ScriptedDevice writer, ScriptedDevice other) {
    long accesses = 0;
    while (writer.link().pendingBytes() > 0) {
      machine.advance(PeerWrites.LOOK_NANOS);
      accesses += other.count(TlpType.MEMORY_WRITE);
      other.takeAll();
    }
    return accesses;
  }

  @Test
  void whoFloodsASlowOneWaitsAndTheSlowOneKeepsItsLink() {
    peer.link().pause();
    flood(device, PEER_VA, FLOOD);
    assertThat(writes()).isEqualTo(TAKEN);
    peer.link().resume();
    assertThat(finish(device, peer)).isEqualTo(FLOOD * (WRITE_BYTES / 8L));
    assertThat(writes()).isEqualTo(FLOOD);
    assertThat(peer.link().isOpen()).isTrue();
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void whatItSendsBehindAWriteWaitsAsWellAndOthersDoNot() {
    peer.link().pause();
    flood(device, PEER_VA, TAKEN);
    device.read(9, PASID, VA, 8);
    ScriptedDevice third = machine.master(0x30);
    guest.map(guest.translatingStream(0x30), VA, frame, true);
    third.read(9, PASID, VA, 8);
    machine.run();
    assertThat(third.take().status()).isEqualTo(SC);
    assertThat(device.received).isEmpty();
    peer.link().resume();
    machine.advance(PeerWrites.LOOK_NANOS);
    assertThat(device.take().status()).isEqualTo(SC);
  }

  @Test
  void aFunctionThatTakesNothingStopsNobodyForLongerThanATimeOutForEachWrite() {
    peer.link().pause();
    flood(device, PEER_VA, TAKEN + 3);
    for (int more = 0; more < 3; more++) {
      assertThat(writes()).isEqualTo(TAKEN + more);
      machine.advance(machine.config.completionTimeoutNanos() - 1);
      assertThat(writes()).isEqualTo(TAKEN + more);
      machine.advance(1);
    }
    assertThat(writes()).isEqualTo(TAKEN + 3);
    assertThat(device.link().isOpen()).isTrue();
  }

  @Test
  void aFunctionThatTakesNothingAtAllLosesItsOwnLinkInTheEnd() {
    peer.link().pause();
    flood(device, PEER_VA, FLOOD);
    for (int i = 0; i < FLOOD && machine.device("00:05.0").attached(); i++) {
      machine.advance(machine.config.completionTimeoutNanos());
    }
    assertThat(machine.violationTexts()).singleElement().asString().contains("does not read");
    assertThat(writes()).isBetween(FLOOD * 3L / 4, FLOOD * 9L / 10);
    assertThat(device.link().isOpen()).isTrue();
    finish(device, peer);
    assertThat(count(FunctionCounter.REFUSED)).isEqualTo(FLOOD - writes());
  }

  @Test
  void twoThatFloodEachOtherBothArrive() {
    machine.configWrite(ID, 0x10, 4, BAR + 0x1_0000);
    long iova = 0x1234_0000_0000L; // of no other stream, as all have the same ASIDs
    guest.map(guest.translatingStream(PEER_ID), iova, BAR + 0x1_0000, true);
    device.link().pause();
    peer.link().pause();
    flood(device, PEER_VA, FLOOD);
    flood(peer, iova, FLOOD);
    device.link().resume();
    peer.link().resume();
    long accesses = 0;
    while (device.link().pendingBytes() + peer.link().pendingBytes() > 0) {
      machine.advance(PeerWrites.LOOK_NANOS);
      accesses += peer.count(TlpType.MEMORY_WRITE) + device.count(TlpType.MEMORY_WRITE);
      peer.takeAll();
      device.takeAll();
    }
    assertThat(accesses).isEqualTo(2L * FLOOD * (WRITE_BYTES / 8));
    assertThat(machine.violations.violations()).isEmpty();
  }

  /** A write may touch several functions with small BARs; the one behind the first is behind. */
  @Test
  void theSlowOneMayBeAnyOfThoseThatAWriteTouches() {
    long small = MemoryMap.PCIE_MMIO32 + 0x10_0000;
    ScriptedDevice slow = withSmallBar(0x30, small + 16);
    withSmallBar(0x38, small);
    guest.map(root, VA + 0x4000, small, true);
    slow.link().pause();
    for (int i = 0; i < 20_000; i++) {
      device.write(PASID, 0, VA + 0x4008, bytes(24));
    }
    machine.run();
    long taken = count(FunctionCounter.PEER_BYTES_WRITTEN) / 24;
    assertThat(taken).isEqualTo(PeerWrites.MOST_BEHIND / (2 * ACCESS_BYTES) + 1);
  }

  private ScriptedDevice withSmallBar(int id, long bar) {
    ScriptedDevice small = new ScriptedDevice(id, 0);
    small.set(0x10, 0, 0xffff_fff0);
    small.set(0x14, 0, 0);
    machine.master(small);
    machine.configWrite(id, 0x10, 4, bar);
    return small;
  }

  @Test
  void whoLeavesWhileItWaitsLeaves() {
    peer.link().pause();
    flood(device, PEER_VA, TAKEN);
    device.link().detach();
    machine.advance(machine.config.completionTimeoutNanos());
    machine.advance(PeerWrites.LOOK_NANOS);
    assertThat(machine.device("00:04.0").attached()).isFalse();
    assertThat(machine.violations.violations()).isEmpty();
    ScriptedDevice next = machine.master(ID);
    next.read(9, PASID, VA, 8);
    machine.run();
    assertThat(List.copyOf(next.received)).hasSize(1);
  }
}
