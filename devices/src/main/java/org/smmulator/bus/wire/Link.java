package org.smmulator.bus.wire;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.execution.Loop;

/**
 * One end of one bus connection. It cuts the received stream into frames in place, hands
 * well-formed ones to its {@link LinkHandler}, and gathers what is sent in one buffer per read
 * event, flushed when everything received is handled; whoever sends at another time calls {@link
 * #flush}. What is sent never waits for what is received, nor the other way round unless {@link
 * #pause} says so: a peer that does not read is cut off. Sending on a closed link does nothing. All
 * methods run on the link's loop.
 */
public final class Link {
  private static final Logger LOG = LoggerFactory.getLogger(Link.class);
  private static final int MAX_ERROR_TEXT_BYTES = 400;

  /** Which end of the link this is. */
  enum Role {
    ROOT_PORT,
    ENDPOINT
  }

  private enum State {
    /** Waiting for the peer's hello, or for the answer to ours. */
    GREETING,
    OPEN,
    CLOSED
  }

  private final Role role;
  private final LinkHandler handler;
  private final LinkLimits limits;
  private final Wire wire;
  private final Tlp tlp = new Tlp();

  private State state = State.GREETING;
  private boolean paused;
  private boolean helloReceived;
  private int peerMaxLength = Frame.MAX_LENGTH;
  private Loop.@Nullable Timer helloTimer;

  private final ReceiveBuffer received;

  private final OutputFrames output;

  Link(Role role, LinkHandler handler, LinkLimits limits, Wire wire) {
    this.role = role;
    this.handler = handler;
    this.limits = limits;
    this.wire = wire;
    this.received = new ReceiveBuffer(wire);
    this.output = new OutputFrames(wire);
  }

  /** Who is at the other end, for people. */
  public String peer() {
    return wire.peer();
  }

  public Loop loop() {
    return wire.loop();
  }

  public boolean isOpen() {
    return state != State.CLOSED;
  }

  /** Bytes that the peer has still to take. */
  public long pendingBytes() {
    return wire.unsentBytes() + output.bytes();
  }

  // Sending.

  /** Begins a frame; its body is appended to the returned buffer. {@link #end} finishes it. */
  public ByteBuf begin(FrameKind kind) {
    if (!wire.loop().inLoop()) {
      throw new IllegalStateException("a link is used outside its loop");
    }
    if (kind == FrameKind.TLP && state == State.GREETING) {
      throw new IllegalStateException("a packet before the hello is answered");
    }
    return output.begin(kind);
  }

  /** Ends the frame. It leaves with the next flush. */
  public void end() {
    output.end(peerMaxLength);
    if (output.isFull() || state == State.CLOSED) {
      flush();
    }
  }

  /** Sends all ended frames. */
  public void flush() {
    ByteBuf out = output.take();
    if (out == null) {
      return;
    }
    if (state == State.CLOSED) {
      out.release();
      return;
    }
    wire.send(out);
    if (wire.unsentBytes() > limits.unsentBytes()) {
      LOG.debug("{} does not read: {} bytes wait for it", peer(), wire.unsentBytes());
      String text = "the peer does not read what it is sent (code " + ErrorCode.NOT_READING + ")";
      becomeClosed(LinkEnd.closing(ErrorCode.NOT_READING, text));
      wire.abort();
    }
  }

  public void sendHello(Hello hello) {
    hello.encode(begin(FrameKind.HELLO));
    end();
    flush();
  }

  /** Answers the hello; from here on packets may flow, within the granted sizes. */
  public void sendHelloAck(HelloAck ack) {
    if (!helloReceived) {
      throw new IllegalStateException("no hello to answer");
    }
    ack.encode(begin(FrameKind.HELLO_ACK));
    end();
    open(ack);
  }

  public void sendStats(long[] counters) {
    DeviceCounter.encode(begin(FrameKind.STATS), counters);
    end();
  }

  public void sendControl(int controlCode) {
    begin(FrameKind.CONTROL).writeShort(controlCode);
    end();
  }

  /** Says good-bye and closes. */
  public void detach() {
    sendControl(ControlCode.DETACH);
    flush();
    finish(LinkEnd.closing(ErrorCode.SHUTDOWN, "detached"));
  }

  /** Tells the peer why, and closes. An unfinished frame is dropped. */
  public void close(int errorCode, String text) {
    if (state == State.CLOSED) {
      return;
    }
    output.dropUnfinished();
    ByteBuf out = begin(FrameKind.ERROR);
    out.writeShort(errorCode).writeBytes(WireText.encode(text, MAX_ERROR_TEXT_BYTES));
    end();
    flush();
    finish(LinkEnd.closing(errorCode, text));
  }

  private void finish(LinkEnd end) {
    if (state != State.CLOSED) {
      becomeClosed(end);
      wire.finish();
    }
  }

  private void becomeClosed(LinkEnd end) {
    resume();
    state = State.CLOSED;
    cancelHelloTimer();
    wire.loop().execute(() -> handler.closed(end));
  }

  /** Hands over no frame, and receives none, until {@link #resume}: the peer has to wait. */
  public void pause() {
    paused = true;
    wire.reading(false);
  }

  /** Goes on after a {@link #pause}, in a step of its own. */
  public void resume() {
    if (paused) {
      paused = false;
      wire.reading(true);
      wire.loop().execute(this::handleHeld);
    }
  }

  private void handleHeld() {
    handleFrames();
    readComplete();
  }

  private void open(HelloAck ack) {
    state = state == State.GREETING ? State.OPEN : state;
    tlp.limit(ack.maxPayload(), ack.maxReadRequest());
    cancelHelloTimer();
  }

  private void cancelHelloTimer() {
    if (helloTimer != null) {
      helloTimer.cancel();
      helloTimer = null;
    }
  }

  // Called by the wire.

  void connected() {
    helloTimer = wire.loop().schedule(this::helloMissing, limits.helloNanos());
    try {
      handler.connected(this);
    } catch (RuntimeException e) {
      handlerFailed(e);
    }
  }

  private void helloMissing() {
    close(ErrorCode.NO_HELLO, role == Role.ROOT_PORT ? "no hello in time" : "hello not answered");
  }

  /** Takes received bytes, which belong to the link from here on. */
  void receive(ByteBuf bytes) {
    if (state != State.CLOSED) {
      received.append(bytes);
      handleFrames();
    } else {
      bytes.release();
    }
  }

  /** Everything that had arrived was received. */
  void readComplete() {
    if (state == State.CLOSED) {
      return;
    }
    try {
      handler.readComplete();
      flush();
    } catch (RuntimeException e) {
      handlerFailed(e);
    }
  }

  /** The connection is gone. */
  void ended(String how) {
    boolean half = !paused && received.bytes().isReadable();
    received.release();
    if (state != State.CLOSED) {
      becomeClosed(new LinkEnd(LinkEnd.Cause.LOST, half ? how + " in the middle of a frame" : how));
    }
    output.dropUnfinished();
    flush();
  }

  private void handleFrames() {
    ByteBuf in = received.bytes();
    try {
      while (state != State.CLOSED && !paused && in.readableBytes() >= Frame.KIND) {
        int start = in.readerIndex();
        int length = in.getInt(start + Frame.LENGTH);
        if (length < Frame.MIN_LENGTH || length > Frame.MAX_LENGTH) {
          throw new ProtocolException("frame length of " + Integer.toUnsignedString(length));
        }
        if (in.readableBytes() < Frame.KIND + length) {
          break;
        }
        in.readerIndex(start + Frame.KIND + length);
        handleFrame(in, start, length);
      }
    } catch (ProtocolException e) {
      LOG.debug("{}: {}", peer(), e.text()); // the handler is told, and may have many such peers
      close(e.code(), e.text());
    } catch (RuntimeException e) {
      handlerFailed(e);
    }
    if (state == State.CLOSED || !in.isReadable()) {
      received.release();
    }
  }

  private void handlerFailed(RuntimeException e) {
    LOG.error("{}: handling a frame failed", peer(), e);
    close(ErrorCode.INTERNAL, "internal error");
  }

  private void handleFrame(ByteBuf in, int start, int length) throws ProtocolException {
    int kindFlagsPort = in.getInt(start + Frame.KIND);
    FrameKind kind = FrameKind.of(kindFlagsPort >>> Frame.KIND_SHIFT);
    if (kind == null) {
      throw new ProtocolException("frame of unknown kind");
    }
    if (kindFlagsPort << Byte.SIZE != 0) {
      throw new ProtocolException("frame with flags or port set");
    }
    if (state != State.OPEN && kind.comesAfterGreeting()) {
      throw new ProtocolException("frame before the hello is answered");
    }
    if (kind == (role == Role.ROOT_PORT ? FrameKind.ATC_READ : FrameKind.ATC_ENTRIES)) {
      throw new ProtocolException("frame for the other end");
    }
    int body = start + Frame.BODY;
    int bytes = length - Frame.MIN_LENGTH;
    if (kind == FrameKind.TLP) {
      handleTlp(in, body, bytes);
    } else {
      handleRareFrame(kind, in.slice(body, bytes));
    }
  }

  private void handleTlp(ByteBuf in, int body, int bytes) throws ProtocolException {
    String malformed = tlp.wrap(in, body, bytes);
    if (malformed != null) {
      throw new ProtocolException("malformed packet: " + malformed);
    }
    handler.tlp(tlp);
  }

  private void handleRareFrame(FrameKind kind, ByteBuf body) throws ProtocolException {
    switch (kind) {
      case HELLO -> handleHello(body);
      case HELLO_ACK -> handleHelloAck(body);
      case STATS -> handler.stats(DeviceCounter.decode(body));
      case CONTROL -> handler.control(Frame.code(body));
      case DROPPED -> handler.dropped(DroppedEntries.decode(body));
      case ATC_READ -> handler.atcRead(AtcRead.decode(body));
      case ATC_ENTRIES -> handler.atcEntries(AtcEntries.decode(body));
      case ERROR -> handleError(body);
      case TLP -> throw new IllegalStateException("a packet is no rare frame");
    }
  }

  private void handleHello(ByteBuf body) throws ProtocolException {
    if (role != Role.ROOT_PORT || helloReceived) {
      throw new ProtocolException("hello out of place");
    }
    Hello hello = Hello.decode(body);
    helloReceived = true;
    peerMaxLength = Math.min(hello.maxFrameLength(), Frame.MAX_LENGTH);
    handler.hello(hello);
  }

  private void handleHelloAck(ByteBuf body) throws ProtocolException {
    if (role != Role.ENDPOINT || state == State.OPEN) {
      throw new ProtocolException("hello answer out of place");
    }
    HelloAck ack = HelloAck.decode(body);
    open(ack);
    handler.helloAck(ack);
  }

  private void handleError(ByteBuf body) throws ProtocolException {
    int code = Frame.code(body);
    String text = WireText.decode(body, body.readerIndex(), body.readableBytes());
    handler.error(code, text);
    finish(new LinkEnd(LinkEnd.Cause.CLOSED_BY_PEER, "the peer closed the link: " + text));
  }
}
