package org.smmulator.pcie;

import java.util.function.LongConsumer;
import org.smmulator.bus.pcie.ConfigHeader;
import org.smmulator.bus.tlp.RequesterId;
import org.smmulator.memory.Response;
import org.smmulator.memory.Target;

/** The host bridge at 00:00.0: a type 0 header with identity and class, and nothing to write. */
final class HostBridge implements Completer {
  private static final int DEVICE_AND_VENDOR = 0x0008_1b36;
  private static final int CLASS_AND_REVISION = 0x0600_0000;

  @Override
  public boolean answersTo(int requesterId) {
    return requesterId == RequesterId.ROOT;
  }

  @Override
  public boolean claims(long pa, int bytes) {
    return false;
  }

  @Override
  public void configRead(int requesterId, int register, int bytes, LongConsumer done) {
    long value = Integer.toUnsignedLong(read(register & ~3));
    int shift = (register & 3) * 8;
    done.accept((value >>> shift) & Target.allOnes(bytes));
  }

  private static int read(int register) {
    return switch (register) {
      case ConfigHeader.IDENTITY -> DEVICE_AND_VENDOR;
      case ConfigHeader.CLASS -> CLASS_AND_REVISION;
      default -> 0;
    };
  }

  @Override
  public void configWrite(int requesterId, int register, int bytes, long value, Runnable done) {
    done.run();
  }

  @Override
  public void memoryRead(long pa, int bytes, Target.Answer answer) {
    answer.done(Response.DECERR, Target.allOnes(bytes));
  }

  @Override
  public boolean isBehind() {
    return false;
  }

  @Override
  public Response memoryWrite(long pa, int bytes, long value) {
    return Response.DECERR;
  }
}
