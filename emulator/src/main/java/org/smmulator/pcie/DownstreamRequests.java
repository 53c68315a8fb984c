package org.smmulator.pcie;

import io.netty.buffer.ByteBuf;
import java.util.function.LongConsumer;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.tlp.TlpWriter;

/**
 * Configuration requests and accesses to BARs that the root complex sends to one function. What is
 * not answered, or not successfully, reads as all ones.
 */
final class DownstreamRequests implements Training.ConfigAccess {
  private final AttachedFunction function;
  private final PendingRequests pending;

  DownstreamRequests(AttachedFunction function, PendingRequests pending) {
    this.function = function;
    this.pending = pending;
  }

  /** All ones in an access of that size. */
  static long allOnes(int bytes) {
    return bytes == Long.BYTES ? -1L : (1L << (bytes * 8)) - 1;
  }

  void configRead(int register, int bytes, LongConsumer done) {
    pending.submit(
        new Read(Integer.BYTES, (register & 3) * 8, bytes, done) {
          @Override
          public boolean isRetryable() {
            return true;
          }

          @Override
          public void send(int tag) {
            ByteBuf out = function.begin();
            TlpWriter.configRead(
                out, RequesterId.ROOT, tag, function.requesterId(), register, bytes);
            function.endAndFlush();
          }
        });
  }

  void configWrite(int register, int bytes, long value, Runnable done) {
    pending.submit(new ConfigWrite(register, bytes, value, (successful, ignored) -> done.run()));
  }

  @Override
  public void read(int register, Training.Reply reply) {
    pending.submit(
        new PendingRequests.Request() {
          @Override
          public void send(int tag) {
            ByteBuf out = function.begin();
            TlpWriter.configRead(out, RequesterId.ROOT, tag, function.requesterId(), register, 4);
            function.endAndFlush();
          }

          @Override
          public int payloadBytes() {
            return Integer.BYTES;
          }

          @Override
          public boolean isRetryable() {
            return true;
          }

          @Override
          public long patienceNanos(long usual) {
            return PendingRequests.UNLIMITED; // training as a whole has its time
          }

          @Override
          public void done(boolean successful, long payload) {
            reply.done(successful, (int) payload);
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

  void memoryRead(long address, int bytes, LongConsumer done) {
    int payload = bytes == Long.BYTES ? Long.BYTES : Integer.BYTES;
    pending.submit(
        new Read(payload, (int) (address & 3) * 8, bytes, done) {
          @Override
          public void send(int tag) {
            ByteBuf out = function.begin();
            TlpWriter.memoryRead(out, 0, RequesterId.ROOT, tag, address, bytes);
            function.endAndFlush();
          }
        });
  }

  void memoryWrite(long address, int bytes, long value) {
    ByteBuf out = function.begin();
    putLittleEndian(out, TlpWriter.memoryWrite(out, 0, 0, address, bytes), bytes, value);
    function.endAndFlush();
  }

  private static void putLittleEndian(ByteBuf out, int index, int bytes, long value) {
    for (int i = 0; i < bytes; i++) {
      out.setByte(index + i, (int) (value >>> (i * 8)));
    }
  }

  /** A read of which {@code bytes} from {@code shift} on are wanted. */
  private abstract static class Read implements PendingRequests.Request {
    private final int payloadBytes;
    private final int shift;
    private final int bytes;
    private final LongConsumer done;

    Read(int payloadBytes, int shift, int bytes, LongConsumer done) {
      this.payloadBytes = payloadBytes;
      this.shift = shift;
      this.bytes = bytes;
      this.done = done;
    }

    @Override
    public int payloadBytes() {
      return payloadBytes;
    }

    @Override
    public void done(boolean successful, long payload) {
      long ones = allOnes(bytes);
      done.accept(successful ? (payload >>> shift) & ones : ones);
    }
  }

  private class ConfigWrite implements PendingRequests.Request {
    private final int register;
    private final int bytes;
    private final long value;
    private final Training.Reply reply;

    ConfigWrite(int register, int bytes, long value, Training.Reply reply) {
      this.register = register;
      this.bytes = bytes;
      this.value = value;
      this.reply = reply;
    }

    @Override
    public void send(int tag) {
      ByteBuf out = function.begin();
      int index =
          TlpWriter.configWrite(
              out, RequesterId.ROOT, tag, function.requesterId(), register, bytes);
      putLittleEndian(out, index, bytes, value);
      function.endAndFlush();
      int lane = register & 3;
      int enables = ((1 << bytes) - 1) << lane;
      function.configWritten(register & ~3, enables, (int) (value << (lane * 8)));
    }

    @Override
    public int payloadBytes() {
      return 0;
    }

    @Override
    public boolean isRetryable() {
      return true;
    }

    @Override
    public void done(boolean successful, long payload) {
      function.config.writeDone();
      reply.done(successful, 0);
    }
  }

  /** A completion has come for one of these. */
  PendingRequests.Answered completion(Tlp tlp) {
    if (tlp.status() == CompletionStatus.CRS && pending.retry(tlp.tag())) {
      return PendingRequests.Answered.KNOWN;
    }
    int bytes = tlp.status() == 0 && !tlp.isPoisoned() ? tlp.payloadBytes() : -1;
    ByteBuf buffer = tlp.buffer();
    long payload =
        switch (bytes) {
          case Integer.BYTES -> buffer.getUnsignedIntLE(tlp.payloadIndex());
          case Long.BYTES -> buffer.getLongLE(tlp.payloadIndex());
          default -> 0;
        };
    return pending.completion(tlp.tag(), bytes, payload);
  }
}
