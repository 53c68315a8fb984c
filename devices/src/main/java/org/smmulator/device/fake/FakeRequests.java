package org.smmulator.device.fake;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.CompletableFuture;
import org.smmulator.bus.pcie.ConfigHeader;
import org.smmulator.bus.pcie.ExpressCapability;
import org.smmulator.bus.pcie.PriCapability;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.bus.wire.AtcRead;
import org.smmulator.bus.wire.ControlCode;
import org.smmulator.bus.wire.FrameKind;
import org.smmulator.device.fake.FakePort.Answer;

/** Requests of a fake root complex to its device, each of which waits for its answer. */
record FakeRequests(FakeLoop loop, FakePort port) {
  /** Writes a non-posted request with the given tag. */
  interface Request {
    void write(ByteBuf out, int tag);
  }

  static Request configRead(int register) {
    return (out, tag) ->
        TlpWriter.configRead(out, FakePort.ROOT_ID, tag, FakePort.DEVICE_ID, register, 4);
  }

  static Request configWrite(int register, int value) {
    return (out, tag) -> {
      int index =
          TlpWriter.configWrite(out, FakePort.ROOT_ID, tag, FakePort.DEVICE_ID, register, 4);
      out.setIntLE(index, value);
    };
  }

  /** The data of a successful answer; a request that is to be retried is. */
  long value(Request request) {
    Answer answer = answer(request);
    while (answer.status() == CompletionStatus.CRS) {
      answer = answer(request);
    }
    if (answer.status() != CompletionStatus.SC) {
      throw new IllegalStateException("completion status " + answer.status());
    }
    return answer.value();
  }

  Answer answer(Request request) {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    loop.run(
        () -> {
          int tag = port.expect(answer::complete);
          request.write(port.link().begin(FrameKind.TLP), tag);
          port.link().end();
          port.link().flush();
        });
    return FakeLoop.get(answer);
  }

  /** What the device sent until now is here: the answer to a request is behind it. */
  void settle() {
    if (loop.call(() -> port.closedBecause == null)) {
      value(configRead(0));
    }
  }

  AtcEntries readAtc(AtcRead question) {
    CompletableFuture<AtcEntries> answer = new CompletableFuture<>();
    loop.run(
        () -> {
          port.atcReaders.add(answer);
          question.encode(port.link().begin(FrameKind.ATC_READ));
          port.link().end();
          port.link().flush();
        });
    return FakeLoop.get(answer);
  }

  int findExtended(int id) {
    int offset = ConfigHeader.EXTENDED;
    while (offset != 0) {
      int header = (int) value(configRead(offset));
      if (ConfigHeader.extendedId(header) == id) {
        return offset;
      }
      offset = ConfigHeader.nextExtended(header);
    }
    throw new IllegalStateException("the function has no extended capability " + id);
  }

  void enablePageRequests(int allocation) {
    int pri = findExtended(PriCapability.ID);
    value(configWrite(pri + PriCapability.ALLOCATION, allocation));
    value(configWrite(pri + PriCapability.CONTROL, PriCapability.ENABLE));
  }

  void functionReset() {
    int control =
        ConfigHeader.firstCapability((int) value(configRead(ConfigHeader.CAPABILITIES)))
            + ExpressCapability.DEVICE_CONTROL;
    Request initiate =
        configWrite(
            control, (int) value(configRead(control)) | ExpressCapability.INITIATE_FUNCTION_RESET);
    answer(
        (out, tag) -> {
          initiate.write(out, tag);
          port.link().end();
          port.link().begin(FrameKind.CONTROL).writeShort(ControlCode.RESET);
        });
  }
}
