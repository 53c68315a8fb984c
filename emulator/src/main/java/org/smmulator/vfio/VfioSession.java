package org.smmulator.vfio;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.counter.Tally;

/**
 * One client's session, without its socket: it takes whole messages and sends whole messages. A
 * session begins with VERSION, by which the client gets the function unless another one has it.
 * Commands are performed one at a time, so that each finds what those before it have done; while
 * one waits for the function, {@link #isBusy} holds.
 */
final class VfioSession implements VfioClient {
  private static final Logger LOG = LoggerFactory.getLogger(VfioSession.class);

  /** Largest message that is taken: the most data of a write, and what stands before it. */
  static final int MOST_BYTES =
      VfioHeader.BYTES + RegionAccess.HEAD_BYTES + VfioVersion.MOST_DATA_BYTES;

  private enum State {
    NEW,
    OPEN,
    CLOSED
  }

  /** Where a session's messages go. */
  interface Outlet {
    void send(ByteBuf message);

    /** Sends what was sent so far, and ends the connection. */
    void farewell();

    /** A command that had to wait is done; the next message may come. */
    void idle();
  }

  /** Who may have the function, and what people are told. */
  interface Places {
    /**
     * Has the function given to a session once it is free and reset; refused if another session
     * keeps it.
     */
    void take(VfioSession session, Runnable granted, Runnable refused);

    /** Gives the function back, if the session has it, and has it reset. */
    void leave(VfioSession session);

    /** Something is wrong with what a client does. */
    void complain(String line);
  }

  private final ServedFunction function;
  private final Places places;
  private final Outlet outlet;
  private final Tally<VfioCounter> tally;
  private final DmaWindows windows = new DmaWindows();
  private final DmaWrites writes;
  private final FunctionQuestions questions;
  private State state = State.NEW;
  private VfioVersion version = VfioVersion.NONE;
  private boolean waiting;

  VfioSession(ServedFunction function, Places places, Outlet outlet, Tally<VfioCounter> tally) {
    this.function = function;
    this.places = places;
    this.outlet = outlet;
    this.tally = tally;
    writes = new DmaWrites(tally);
    questions = new FunctionQuestions(function);
  }

  /** Whether a command waits for the function, so that no message is taken. */
  boolean isBusy() {
    return waiting;
  }

  /** A whole message, of the size that its header says. */
  void receive(ByteBuf message) {
    switch (VfioHeader.type(message)) {
      case VfioHeader.COMMAND -> perform(message);
      case VfioHeader.REPLY -> {
        if (!writes.replied(message)) {
          malformed("a reply to command " + VfioHeader.command(message) + " that nobody sent");
        }
      }
      default -> malformed("a message of type " + VfioHeader.type(message));
    }
  }

  /** What was received is no message. */
  void malformed(String what) {
    tally.count(VfioCounter.MALFORMED);
    complain(what);
  }

  /** The message that begins there is too large, or too small to be one. */
  void refuseSize(ByteBuf message) {
    new Request(message).refuse(Errno.E2BIG, "it is too large");
  }

  private void complain(String what) {
    places.complain("a client of " + function.name() + " sent " + what);
  }

  private void perform(ByteBuf message) {
    tally.count(VfioCounter.COMMANDS);
    Request request = new Request(message);
    try {
      perform(request, message.skipBytes(VfioHeader.BYTES));
    } catch (RefusedMessage e) {
      request.refuse(e.errno(), e.why());
    }
  }

  private void perform(Request request, ByteBuf body) throws RefusedMessage {
    VfioCommand command = VfioCommand.of(request.command);
    if (command == null || command == VfioCommand.DMA_WRITE) {
      throw new RefusedMessage(Errno.EOPNOTSUPP, "there is no command " + request.command);
    }
    if ((command == VfioCommand.VERSION) == (state == State.OPEN)) {
      throw RefusedMessage.invalid(
          state == State.OPEN ? "VERSION comes once" : command + " came before VERSION");
    }
    switch (command) {
      case VERSION -> begin(request, VfioVersion.negotiate(body));
      case DMA_MAP -> map(request, body);
      case DMA_UNMAP -> {
        windows.unmap(body);
        request.reply(body);
      }
      case DEVICE_GET_INFO -> request.reply(questions.device(body));
      case DEVICE_GET_REGION_INFO -> request.reply(questions.region(body));
      case DEVICE_GET_IRQ_INFO -> request.reply(questions.interrupts(body));
      case DEVICE_SET_IRQS -> {
        questions.setInterrupts(body);
        request.reply();
      }
      case REGION_READ -> access(request, RegionAccess.read(body, function, version.dataBytes()));
      case REGION_WRITE -> access(request, RegionAccess.write(body, function, version.dataBytes()));
      case DEVICE_RESET -> reset(request, body);
      case DMA_WRITE -> throw new AssertionError(command);
    }
  }

  private void begin(Request request, VfioVersion agreed) {
    waiting = true;
    places.take(
        this,
        () -> finished(() -> open(request, agreed)),
        () ->
            finished(
                () -> {
                  tally.count(VfioCounter.CLIENTS_REFUSED);
                  request.refuse(Errno.EBUSY, "another client has the function");
                  outlet.farewell();
                }));
  }

  private void open(Request request, VfioVersion agreed) {
    LOG.info("a client has {}", function.name());
    tally.count(VfioCounter.CLIENTS);
    state = State.OPEN;
    version = agreed;
    function.taken(this);
    request.reply(agreed.answer());
  }

  private void map(Request request, ByteBuf body) throws RefusedMessage {
    DmaWindows.Window window = windows.map(body, version.dmaMaps());
    String note = function.mapped(window.address(), window.bytes());
    if (!note.isEmpty()) {
      LOG.warn("the client of {}: {}", function.name(), note);
    }
    request.reply();
  }

  private void access(Request request, RegionAccess access) {
    waiting = true;
    access.begin(
        function,
        new ServedFunction.Answer() {
          @Override
          public void done(byte[] data) {
            finished(() -> request.reply(access.reply(data)));
          }

          @Override
          public void failed(int errno, String why) {
            finished(() -> request.refuse(errno, why));
          }
        });
  }

  private void reset(Request request, ByteBuf body) throws RefusedMessage {
    if (body.isReadable()) {
      throw RefusedMessage.invalid("DEVICE_RESET has no body");
    }
    waiting = true;
    tally.count(VfioCounter.RESETS);
    function.reset(() -> finished(request::reply));
  }

  /** A command that may have had to wait is over, perhaps after its session. */
  private void finished(Runnable answer) {
    waiting = false;
    if (state != State.CLOSED) {
      answer.run();
      outlet.idle();
    }
  }

  @Override
  public boolean dmaWrite(long address, byte[] data, IntConsumer end) {
    if (state != State.OPEN) {
      return false;
    }
    ByteBuf message = writes.begin(address, data, end);
    if (message == null) {
      return false;
    }
    outlet.send(message);
    return true;
  }

  /** The connection has ended. */
  void closed() {
    boolean hadFunction = state == State.OPEN;
    state = State.CLOSED;
    if (hadFunction) {
      LOG.info("the client of {} has gone", function.name());
      tally.count(VfioCounter.CLIENTS_GONE);
      function.left();
    }
    places.leave(this);
  }

  /** A command to be answered. */
  private final class Request {
    private final int id;
    private final int command;
    private final boolean silent;

    Request(ByteBuf message) {
      id = VfioHeader.id(message);
      command = VfioHeader.command(message);
      silent = VfioHeader.wantsNoReply(message);
    }

    void reply() {
      reply(Unpooled.EMPTY_BUFFER);
    }

    void reply(ByteBuf body) {
      ByteBuf message = Unpooled.buffer(VfioHeader.BYTES + body.readableBytes());
      VfioHeader.writeReply(message, id, command, body.readableBytes());
      send(message.writeBytes(body));
    }

    void refuse(int errno, String why) {
      tally.count(VfioCounter.COMMANDS_REFUSED);
      complain("command " + command + ", which is refused: " + why);
      ByteBuf message = Unpooled.buffer(VfioHeader.BYTES);
      VfioHeader.writeError(message, id, command, errno);
      send(message);
    }

    private void send(ByteBuf message) {
      if (!silent) {
        outlet.send(message);
      }
    }
  }
}
