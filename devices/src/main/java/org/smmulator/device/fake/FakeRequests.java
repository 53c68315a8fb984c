package org.smmulator.device.fake;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.CompletableFuture;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.wire.FrameKind;
import org.smmulator.device.fake.FakePort.Answer;

/** Requests of a fake root complex to its device, each of which waits for its answer. */
record FakeRequests(FakeLoop loop, FakePort port) {
  /** Writes a non-posted request with the given tag. */
  interface Request {
    void write(ByteBuf out, int tag);
  }

  /** The data of a successful answer; a request that is to be retried is. */
  long value(Request request) {
    Answer answer = answer(request);
    while (answer.status() == CompletionStatus.CRS) {
      answer = answer(request);
    }
    if (answer.status() != 0) {
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
}
