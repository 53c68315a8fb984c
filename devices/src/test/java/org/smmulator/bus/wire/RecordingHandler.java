package org.smmulator.bus.wire;

import io.netty.buffer.ByteBufUtil;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.tlp.TlpWriter;

/** Writes down what a link tells it. As root complex it grants hellos and answers reads. */
class RecordingHandler implements LinkHandler {
  final List<String> events = new ArrayList<>();
  final CompletableFuture<String> closed = new CompletableFuture<>();
  volatile LinkEnd.@Nullable Cause cause;
  @Nullable Link link;
  int readsCompleted;

  Link link() {
    if (link == null) {
      throw new IllegalStateException("not connected");
    }
    return link;
  }

  @Override
  public void connected(Link connected) {
    link = connected;
  }

  @Override
  public void hello(Hello hello) {
    events.add("hello " + hello.model() + " " + hello.name());
    link().sendHelloAck(HelloAck.granting(hello, 0x100));
  }

  @Override
  public void helloAck(HelloAck ack) {
    events.add("granted " + Integer.toHexString(ack.requesterId()));
  }

  @Override
  public void tlp(Tlp tlp) {
    events.add(describe(tlp));
    if (tlp.type() == TlpType.MEMORY_READ) {
      int bytes = tlp.byteCountRequested();
      var out = link().begin(FrameKind.TLP);
      int data =
          TlpWriter.completionData(out, 0, tlp.transaction(), bytes, tlp.firstByteAddress(), bytes);
      for (int i = 0; i < bytes; i++) {
        out.setByte(data + i, (int) tlp.firstByteAddress() + i);
      }
      link().end();
    }
  }

  static String describe(Tlp tlp) {
    String payload =
        tlp.payloadBytes() == 0
            ? ""
            : " " + ByteBufUtil.hexDump(tlp.buffer(), tlp.payloadIndex(), tlp.payloadBytes());
    return tlp.type() + " tag " + tlp.tag() + " pasid " + tlp.pasid() + payload;
  }

  @Override
  public void stats(long[] counters) {
    events.add("stats " + counters[DeviceCounter.ATC_HITS.statsSlot()]);
  }

  @Override
  public void dropped(DroppedEntries dropped) {
    String pages = Arrays.toString(dropped.pages());
    events.add("ITag " + dropped.itag() + " dropped " + dropped.entries() + " " + pages);
  }

  @Override
  public void atcRead(AtcRead question) {
    events.add(question.toString());
  }

  @Override
  public void atcEntries(AtcEntries part) {
    events.add(part.toString());
  }

  @Override
  public void control(int code) {
    events.add("control " + code);
  }

  @Override
  public void readComplete() {
    readsCompleted++;
  }

  @Override
  public void error(int code, String text) {
    events.add("error " + code + " " + text);
  }

  @Override
  public void closed(LinkEnd end) {
    cause = end.cause();
    if (!closed.complete(end.text())) {
      throw new IllegalStateException("closed twice");
    }
  }
}
