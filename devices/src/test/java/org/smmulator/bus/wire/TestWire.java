package org.smmulator.bus.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.smmulator.execution.Loop;

/** A wire whose far end is the test: raw bytes in, raw bytes out, every buffer accounted for. */
final class TestWire implements Wire {
  final LinkTestLoop loop = new LinkTestLoop();
  final List<String> sent = new ArrayList<>();
  final List<Integer> sentCapacities = new ArrayList<>();
  final List<ByteBuf> buffers = new ArrayList<>();
  long unsent;
  boolean reading = true;
  boolean finished;
  boolean aborted;

  @Override
  public Loop loop() {
    return loop;
  }

  @Override
  public String peer() {
    return "test";
  }

  @Override
  public ByteBuf allocate(int bytes) {
    ByteBuf buffer = Unpooled.buffer(bytes);
    buffers.add(buffer);
    return buffer;
  }

  @Override
  public void send(ByteBuf bytes) {
    sent.add(ByteBufUtil.hexDump(bytes));
    sentCapacities.add(bytes.capacity());
    bytes.release();
  }

  @Override
  public long unsentBytes() {
    return unsent;
  }

  @Override
  public void reading(boolean wanted) {
    reading = wanted;
  }

  @Override
  public void finish() {
    finished = true;
  }

  @Override
  public void abort() {
    aborted = true;
  }

  /** A received buffer with exactly these bytes. */
  ByteBuf incoming(byte[] bytes, int from, int length) {
    return allocate(length).writeBytes(bytes, from, length);
  }

  String allSent() {
    return String.join("", sent);
  }

  int leaked() {
    return (int) buffers.stream().filter(buffer -> buffer.refCnt() != 0).count();
  }
}
