package org.smmulator.pcie;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.bus.wire.AtcRead;
import org.smmulator.bus.wire.ControlCode;
import org.smmulator.bus.wire.DroppedEntries;
import org.smmulator.bus.wire.FrameKind;
import org.smmulator.bus.wire.Hello;
import org.smmulator.bus.wire.HelloAck;
import org.smmulator.bus.wire.Link;
import org.smmulator.bus.wire.LinkEnd;
import org.smmulator.bus.wire.LinkHandler;

/**
 * A device that answers for its configuration space and otherwise keeps what it receives and sends
 * what the test says. One 64-bit BAR of 64 KiB; ATS with a queue of {@code depth}, PRI, PASID.
 */
final class ScriptedDevice implements LinkHandler {
  static final int EXPRESS = 0x40;
  static final int ATS = 0x100;
  static final int PRI = 0x110;
  static final int PASID = 0x120;

  final List<ReceivedPacket> received = new ArrayList<>();
  final int[] config = new int[1024];

  /** Writable bits. */
  final int[] mask = new int[1024];

  /** Resets received. */
  int resets;

  /** Questions for the entries of its ATC, which it answers if the test does. */
  final List<AtcRead> questions = new ArrayList<>();

  private final int[] atReset = new int[1024];
  final byte[] bar = new byte[0x1_0000];
  private final Hello hello;

  /** Answers nothing while set. */
  boolean silent;

  /** A configuration request that came meanwhile. */
  private record Unanswered(boolean read, long transaction, int register) {}

  private final List<Unanswered> unanswered = new ArrayList<>();

  /** Configuration requests that are still to be answered with 'retry'. */
  int retries;

  @Nullable Link link;
  @Nullable HelloAck ack;
  @Nullable String error;
  @Nullable String closed;
  int errorCode;

  ScriptedDevice(int wantedId, int depth) {
    this(Hello.of(wantedId, "script", "device"), depth);
  }

  ScriptedDevice(Hello hello, int depth) {
    this.hello = hello;
    set(0x00, 0x0001_534d, 0);
    set(0x04, 0x0010_0000, 0b110);
    set(0x08, 0x0880_0001, 0);
    set(0x10, 0b100, 0xffff_0000);
    set(0x14, 0, -1);
    set(0x34, 0x40, 0);
    set(EXPRESS, 0x0002_0010, 0);
    set(EXPRESS + 4, 1 << 28, 0);
    set(EXPRESS + 8, 5 << 12 | 1 << 5, 0x78ff);
    set(EXPRESS + 0x28, 0, 1 << 6);
    set(ATS, (ATS + 0x10) << 20 | 0x1_000f, 0);
    set(ATS + 4, 0x60 | (depth & 0x1f), 0x801f_0000);
    set(PRI, (PRI + 0x10) << 20 | 0x1_0013, 0);
    set(PRI + 4, 0, 0b11);
    set(PRI + 8, 32, 0);
    set(PRI + 0xc, 0, -1);
    set(PASID, 0x1_001b, 0);
    set(PASID + 4, 20 << 8 | 0b110, 0b111 << 16);
  }

  /** In the place of ATS and PRI there is something that nobody knows. */
  ScriptedDevice withoutAts() {
    set(ATS, PASID << 20 | 0x1_000b, 0);
    return this;
  }

  void set(int register, int value, int writable) {
    config[register / 4] = value;
    atReset[register / 4] = value;
    mask[register / 4] = writable;
  }

  @Override
  public void connected(Link connected) {
    link = connected;
    connected.sendHello(hello);
  }

  @Override
  public void helloAck(HelloAck granted) {
    ack = granted;
  }

  @Override
  public void tlp(Tlp tlp) {
    if (silent) {
      if (tlp.type() == TlpType.CONFIG_READ || tlp.type() == TlpType.CONFIG_WRITE) {
        boolean read = tlp.type() == TlpType.CONFIG_READ;
        unanswered.add(new Unanswered(read, tlp.transaction(), tlp.register()));
      }
      return;
    }
    switch (tlp.type()) {
      case CONFIG_READ -> configRead(tlp);
      case CONFIG_WRITE -> configWrite(tlp);
      default -> received.add(ReceivedPacket.of(tlp));
    }
  }

  private boolean isRetried(Tlp tlp) {
    if (retries > 0) {
      retries--;
      TlpWriter.completion(link().begin(FrameKind.TLP), id(), tlp.transaction(), 2, 4);
      link().end();
      return true;
    }
    return false;
  }

  private void configRead(Tlp tlp) {
    if (isRetried(tlp)) {
      return;
    }
    int register = tlp.register();
    long transaction = tlp.transaction();
    ByteBuf out = link().begin(FrameKind.TLP);
    int index = TlpWriter.completionData(out, id(), transaction, 4, 0, 4);
    out.setIntLE(index, config[register / 4]);
    link().end();
  }

  /** Tag of the configuration request that came last while it was silent. */
  int unansweredTag() {
    return (int) (unanswered.get(unanswered.size() - 1).transaction >>> 8) & 0xff;
  }

  /** Answers the configuration requests that came while it was silent; it did not write. */
  void answerLate() {
    for (Unanswered request : unanswered) {
      if (request.read) {
        send(
            out -> {
              int index = TlpWriter.completionData(out, id(), request.transaction, 4, 0, 4);
              out.setIntLE(index, config[request.register / 4]);
            });
      } else {
        send(out -> TlpWriter.completion(out, id(), request.transaction, 0, 4));
      }
    }
    unanswered.clear();
  }

  private void configWrite(Tlp tlp) {
    if (isRetried(tlp)) {
      return;
    }
    int register = tlp.register() / 4;
    for (int lane = 0; lane < 4; lane++) {
      if (tlp.isByteEnabled(lane)) {
        int bits = mask[register] & 0xff << (lane * 8);
        int value = (tlp.buffer().getByte(tlp.payloadIndex() + lane) & 0xff) << (lane * 8);
        config[register] = (config[register] & ~bits) | (value & bits);
      }
    }
    TlpWriter.completion(link().begin(FrameKind.TLP), id(), tlp.transaction(), 0, 4);
    link().end();
  }

  @Override
  public void atcRead(AtcRead question) {
    questions.add(question);
  }

  /** Tells what an Invalidate Request made it drop. */
  void tellDropped(int itag, long... pages) {
    DroppedEntries.encode(link().begin(FrameKind.DROPPED), itag, pages.length, pages);
    link().end();
    link().flush();
  }

  /** Tells a part of what it holds. */
  void tell(AtcEntries part) {
    part.encode(link().begin(FrameKind.ATC_ENTRIES));
    link().end();
    link().flush();
  }

  @Override
  public void control(int code) {
    if (code == ControlCode.RESET) {
      resets++;
      System.arraycopy(atReset, 0, config, 0, config.length);
    }
  }

  @Override
  public void error(int code, String text) {
    errorCode = code;
    error = text;
  }

  @Override
  public void closed(LinkEnd end) {
    closed = end.text();
  }

  Link link() {
    if (link == null) {
      throw new IllegalStateException("not connected");
    }
    return link;
  }

  int id() {
    if (ack == null) {
      throw new IllegalStateException("no answer to the hello");
    }
    return ack.requesterId();
  }

  /** Sends one packet now. */
  void send(Consumer<ByteBuf> packet) {
    packet.accept(link().begin(FrameKind.TLP));
    link().end();
    link().flush();
  }

  void read(int tag, int pasid, long address, int bytes) {
    send(
        out -> {
          TlpWriter.pasidPrefix(out, pasid, false, false);
          TlpWriter.memoryRead(out, 0, id(), tag, address, bytes);
        });
  }

  void readTranslated(int tag, long address, int bytes) {
    send(out -> TlpWriter.memoryRead(out, TlpWriter.TRANSLATED, id(), tag, address, bytes));
  }

  void write(int pasid, int flags, long address, byte[] data) {
    send(
        out -> {
          TlpWriter.pasidPrefix(out, pasid, false, false);
          int index = TlpWriter.memoryWrite(out, flags, id(), address, data.length);
          out.setBytes(index, data);
        });
  }

  void requestTranslation(int tag, int pasid, long address, int count, boolean noWrite) {
    send(
        out -> {
          TlpWriter.pasidPrefix(out, pasid, false, false);
          TlpWriter.translationRequest(out, id(), tag, address, count, noWrite);
        });
  }

  void completeInvalidations(int count, int tags) {
    send(out -> TlpWriter.invalidateCompletion(out, 0, id(), 0, count, tags));
  }

  /** Says what it dropped because of an Invalidate Request. */
  void tellDropped(int itag, int entries, long... pages) {
    DroppedEntries.encode(link().begin(FrameKind.DROPPED), itag, entries, pages);
    link().end();
    link().flush();
  }

  void requestPage(int pasid, long address, int group, int flags) {
    send(
        out -> {
          TlpWriter.pasidPrefix(out, pasid, false, false);
          TlpWriter.pageRequest(out, id(), address, group, flags);
        });
  }

  /** The one packet received since the last call. */
  ReceivedPacket take() {
    if (received.size() != 1) {
      throw new AssertionError("expected one packet, got " + received);
    }
    return received.remove(0);
  }

  List<ReceivedPacket> takeAll() {
    List<ReceivedPacket> all = List.copyOf(received);
    received.clear();
    return all;
  }

  /** How many of a type were received. */
  long count(TlpType type) {
    return received.stream().filter(packet -> packet.type() == type).count();
  }
}
