package org.smmulator.pcie;

import io.netty.buffer.ByteBuf;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.RequesterId;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.memory.Response;
import org.smmulator.memory.Target;

/**
 * Configuration requests and accesses to BARs that the root complex sends to one function. What is
 * not answered, or not successfully, reads as all ones; of BARs it is told why.
 *
 * <p>A completion belongs to its request if, besides its tag, it fits it: traffic class and
 * attributes are the request's, a successful one has data exactly if it answers a read, and then
 * Byte Count, Lower Address and Length are those of the whole read. These reads are too small to be
 * split at a Read Completion Boundary. Of a completion without data nothing is taken, so its Byte
 * Count is nobody's business.
 */
final class DownstreamRequests implements Completer, Training.ConfigAccess {
  private final AttachedFunction function;
  private final PendingRequests pending;

  DownstreamRequests(AttachedFunction function, PendingRequests pending) {
    this.function = function;
    this.pending = pending;
  }

  @Override
  public boolean answersTo(int requesterId) {
    return requesterId == function.requesterId();
  }

  @Override
  public boolean claims(long pa, int bytes) {
    return function.config.claims(pa, bytes);
  }

  @Override
  public void configRead(int requesterId, int register, int bytes, LongConsumer done) {
    int shift = (register & 3) * 8;
    long ones = Target.allOnes(bytes);
    pending.submit(
        new ConfigRead(
            register,
            bytes,
            (successful, value) ->
                done.accept(successful ? Integer.toUnsignedLong(value) >>> shift & ones : ones)));
  }

  @Override
  public void configWrite(int requesterId, int register, int bytes, long value, Runnable done) {
    ConfigWrite write =
        new ConfigWrite(register, bytes, value, (successful, ignored) -> done.run());
    if (write.initiatesReset()) {
      write.reply = (successful, ignored) -> {};
      function.reset(() -> pending.submit(write), done);
    } else {
      pending.submit(write);
    }
  }

  /** Reads the vendor ID, as software does that waits for a function; tells whether one answers. */
  void probe(Consumer<Boolean> done) {
    Training.Reply reply =
        (successful, value) -> done.accept(successful && (value & 0xffff) != 0xffff);
    pending.submit(new ConfigRead(0, Integer.BYTES, reply));
  }

  /** The function is reset: what it has not answered it never will. */
  void abandon() {
    pending.abandon();
  }

  @Override
  public void read(int register, Training.Reply reply) {
    pending.submit(
        new ConfigRead(register, Integer.BYTES, reply) {
          @Override
          public long patienceNanos(long usual) {
            return PendingRequests.UNLIMITED; // training as a whole has its time
          }
        });
  }

  @Override
  public void write(int register, int value, Training.Reply reply) {
    pending.submit(
        new ConfigWrite(register, Integer.BYTES, value, reply) {
          @Override
          public long patienceNanos(long usual) {
            return PendingRequests.UNLIMITED;
          }
        });
  }

  @Override
  public void memoryRead(long address, int bytes, Target.Answer answer) {
    if (function.isAnswering()) {
      pending.submit(new MemoryRead(address, bytes, answer));
    } else {
      Isolation isolation = function.isolation();
      if (isolation != null) {
        isolation.readRefused(address);
      }
      answer.done(Response.DECERR, Target.allOnes(bytes));
    }
  }

  @Override
  public boolean isBehind() {
    return function.isBehind();
  }

  @Override
  public Response memoryWrite(long address, int bytes, long value) {
    if (!function.isAnswering()) {
      Isolation isolation = function.isolation();
      if (isolation != null) {
        isolation.writeRefused(address);
      }
      return Response.DECERR;
    }
    ByteBuf out = function.begin();
    putLittleEndian(out, TlpWriter.memoryWrite(out, 0, 0, address, bytes), bytes, value);
    function.endAndFlush();
    return Response.OKAY;
  }

  private static void putLittleEndian(ByteBuf out, int index, int bytes, long value) {
    for (int i = 0; i < bytes; i++) {
      out.setByte(index + i, (int) (value >>> (i * 8)));
    }
  }

  /** A completion has come for one of these. */
  PendingRequests.Answered completion(Tlp tlp) {
    return pending.completion(tlp);
  }

  /** Our requests are of class 0 and have no attributes; ID-based ordering is not compared. */
  private static boolean hasClassAndAttributes(Tlp completion) {
    return completion.trafficClass() == 0 && (completion.attributes() & 0b011) == 0;
  }

  private static boolean isFailure(Tlp completion, boolean ofConfiguration) {
    return completion.type() == TlpType.COMPLETION
        && completion.status() != CompletionStatus.SC
        && (completion.status() != CompletionStatus.CRS || ofConfiguration);
  }

  /** Whether it is all the data of a read of {@code bytes} from an address. */
  private static boolean isWholeRead(Tlp completion, long address, int bytes) {
    int counted = Math.max(1, bytes); // a read of no bytes is answered with one
    int dwords = ((int) (address & 3) + counted + 3) / Integer.BYTES;
    return completion.type() == TlpType.COMPLETION_DATA
        && completion.status() == CompletionStatus.SC
        && completion.byteCount() == counted
        && completion.lowerAddress() == (address & 0x7f)
        && completion.lengthDwords() == dwords;
  }

  private class ConfigRead implements PendingRequests.Request {
    private final int register;
    private final int bytes;
    private final Training.Reply reply;

    ConfigRead(int register, int bytes, Training.Reply reply) {
      this.register = register;
      this.bytes = bytes;
      this.reply = reply;
    }

    @Override
    public void send(int tag) {
      ByteBuf out = function.begin();
      TlpWriter.configRead(out, RequesterId.ROOT, tag, function.requesterId(), register, bytes);
      function.endAndFlush();
    }

    @Override
    public boolean fits(Tlp completion) {
      return hasClassAndAttributes(completion)
          && (isFailure(completion, true) || isWholeRead(completion, 0, Integer.BYTES));
    }

    @Override
    public boolean isRetryable() {
      return true;
    }

    @Override
    public void done(Response response, long payload) {
      reply.done(response == Response.OKAY, (int) payload);
    }
  }

  private class ConfigWrite implements PendingRequests.Request {
    private final int register;
    private final int bytes;
    private final long value;
    private Training.Reply reply;
    private boolean sent;

    ConfigWrite(int register, int bytes, long value, Training.Reply reply) {
      this.register = register;
      this.bytes = bytes;
      this.value = value;
      this.reply = reply;
    }

    private int byteEnables() {
      return ((1 << bytes) - 1) << (register & 3);
    }

    /** The value in its bytes of the doubleword. */
    private int inPlace() {
      return (int) (value << ((register & 3) * 8));
    }

    boolean initiatesReset() {
      return function.config.isFunctionReset(register & ~3, byteEnables(), inPlace());
    }

    @Override
    public void send(int tag) {
      ByteBuf out = function.begin();
      int index =
          TlpWriter.configWrite(
              out, RequesterId.ROOT, tag, function.requesterId(), register, bytes);
      putLittleEndian(out, index, bytes, value);
      function.endAndFlush();
      if (!sent) {
        sent = true;
        function.configWritten(register & ~3, byteEnables(), inPlace());
      }
    }

    @Override
    public boolean fits(Tlp completion) {
      boolean success =
          completion.type() == TlpType.COMPLETION && completion.status() == CompletionStatus.SC;
      return hasClassAndAttributes(completion) && (success || isFailure(completion, true));
    }

    /** Behind one that initiates a reset the reset is on its way already. */
    @Override
    public boolean isRetryable() {
      return !initiatesReset();
    }

    @Override
    public void done(Response response, long payload) {
      if (sent) {
        function.config.writeDone();
      }
      reply.done(response == Response.OKAY, 0);
    }
  }

  private final class MemoryRead implements PendingRequests.Request {
    private final long address;
    private final int bytes;
    private final Target.Answer answer;

    MemoryRead(long address, int bytes, Target.Answer answer) {
      this.address = address;
      this.bytes = bytes;
      this.answer = answer;
    }

    @Override
    public void send(int tag) {
      ByteBuf out = function.begin();
      TlpWriter.memoryRead(out, 0, RequesterId.ROOT, tag, address, bytes);
      function.endAndFlush();
    }

    @Override
    public boolean fits(Tlp completion) {
      return hasClassAndAttributes(completion)
          && (isFailure(completion, false) || isWholeRead(completion, address, bytes));
    }

    @Override
    public void done(Response response, long payload) {
      long ones = Target.allOnes(bytes);
      long value = response == Response.OKAY ? payload >>> ((address & 3) * 8) & ones : ones;
      answer.done(response, value);
    }
  }
}
