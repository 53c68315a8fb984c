package org.smmulator.device.fake;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.AddressType;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.MessageCode;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.ErrorCode;
import org.smmulator.bus.wire.FrameKind;
import org.smmulator.bus.wire.Hello;
import org.smmulator.bus.wire.HelloAck;
import org.smmulator.bus.wire.Link;
import org.smmulator.bus.wire.LinkEnd;
import org.smmulator.bus.wire.LinkHandler;
import org.smmulator.device.fake.FakeTranslations.Mapping;

/** The root complex's end of a fake's link: all state is the loop's. */
final class FakePort implements LinkHandler {
  static final int ROOT_ID = 0x0000;
  static final int DEVICE_ID = 0x0008;

  /** The answer to a configuration or BAR read. */
  record Answer(int status, long value) {}

  final FakeTranslations translations = new FakeTranslations();
  final byte[] memory;
  final List<Packet> packets = new ArrayList<>();
  final List<Integer> messages = new ArrayList<>();
  final Queue<Runnable> heldReads = new ArrayDeque<>();
  final Queue<Runnable> heldTranslations = new ArrayDeque<>();
  boolean holdReads;
  boolean holdTranslations;
  int readStatus = CompletionStatus.SC;
  int translationStatus = CompletionStatus.SC;
  int splitBytes = 4096;
  int misplacedBytes;
  int outstandingInvalidations;
  PageRequestPolicy pageRequests = request -> PageRequestPolicy.NO_RESPONSE;
  long[] statistics = new long[DeviceCounter.SLOTS];
  boolean reported;
  int lastControl;
  @Nullable String refusal;
  @Nullable String closedBecause;
  final Queue<CompletableFuture<AtcEntries>> atcReaders = new ArrayDeque<>();
  private final Runnable changed;
  private final Map<Integer, Consumer<Answer>> waiting = new HashMap<>();
  private int nextTag;
  private @Nullable Link link;

  FakePort(int memoryBytes, Runnable changed) {
    this.memory = new byte[memoryBytes];
    this.changed = changed;
  }

  Link link() {
    Link connected = link;
    if (connected == null) {
      throw new IllegalStateException("no device is attached");
    }
    return connected;
  }

  @Override
  public void connected(Link newLink) {
    link = newLink;
  }

  @Override
  public void hello(Hello hello) {
    if (refusal != null) {
      link().close(ErrorCode.ID_TAKEN, refusal);
    } else {
      link().sendHelloAck(HelloAck.granting(hello, DEVICE_ID));
    }
  }

  @Override
  public void stats(long[] counters) {
    statistics = counters;
    reported = true;
  }

  @Override
  public void atcEntries(AtcEntries part) {
    atcReaders.remove().complete(part);
  }

  @Override
  public void control(int code) {
    lastControl = code;
  }

  @Override
  public void closed(LinkEnd end) {
    closedBecause = end.text();
    changed.run();
  }

  @Override
  public void readComplete() {
    changed.run();
  }

  @Override
  public void tlp(Tlp tlp) {
    if (!tlp.type().isCompletion()) {
      packets.add(Packet.of(tlp));
    }
    switch (tlp.type()) {
      case MEMORY_READ -> {
        if (tlp.isTranslationRequest()) {
          translationRequest(tlp);
        } else {
          read(tlp);
        }
      }
      case MEMORY_WRITE -> write(tlp);
      case COMPLETION, COMPLETION_DATA -> completed(tlp);
      case MESSAGE -> message(tlp);
      default -> throw new IllegalStateException("a device that sends " + tlp.type());
    }
  }

  private void translationRequest(Tlp tlp) {
    long transaction = tlp.transaction();
    long entry = translations.entry(tlp.pasid(), tlp.address());
    int status = translationStatus;
    Runnable answer =
        () -> {
          ByteBuf out = link().begin(FrameKind.TLP);
          if (status == CompletionStatus.SC) {
            TlpWriter.translationCompletion(out, ROOT_ID, transaction, new long[] {entry}, 1);
          } else {
            TlpWriter.completion(out, ROOT_ID, transaction, status, 4);
          }
          link().end();
        };
    answerOrHold(answer, holdTranslations, heldTranslations);
  }

  private void read(Tlp tlp) {
    long transaction = tlp.transaction();
    long address = tlp.firstByteAddress();
    int bytes = tlp.byteCountRequested();
    long pa = physical(tlp, address, false);
    boolean outside = pa < 0 || pa + bytes > memory.length;
    int status = outside ? CompletionStatus.UR : readStatus;
    byte[] copy = outside ? new byte[0] : Arrays.copyOfRange(memory, (int) pa, (int) pa + bytes);
    Runnable answer =
        () -> {
          if (status == CompletionStatus.SC) {
            complete(transaction, address, copy);
          } else {
            TlpWriter.completion(link().begin(FrameKind.TLP), ROOT_ID, transaction, status, bytes);
            link().end();
          }
        };
    answerOrHold(answer, holdReads, heldReads);
  }

  /** Data in pieces that end at multiples of the split size. */
  private void complete(long transaction, long address, byte[] data) {
    int sent = 0;
    do {
      long from = address + sent;
      int toBoundary = splitBytes - (int) (from & (splitBytes - 1));
      int bytes = Math.min(toBoundary, data.length - sent);
      ByteBuf out = link().begin(FrameKind.TLP);
      int index =
          TlpWriter.completionData(
              out, ROOT_ID, transaction, data.length - sent, from + misplacedBytes, bytes);
      out.setBytes(index, data, sent, bytes);
      link().end();
      sent += bytes;
    } while (sent < data.length);
  }

  private static void answerOrHold(Runnable answer, boolean hold, Queue<Runnable> held) {
    if (hold) {
      held.add(answer);
    } else {
      answer.run();
    }
  }

  private void write(Tlp tlp) {
    int bytes = tlp.byteCountRequested();
    long pa = physical(tlp, tlp.firstByteAddress(), true);
    if (pa == FakeRootComplex.MSI_ADDRESS && bytes == 4) {
      messages.add(tlp.buffer().getIntLE(tlp.dataIndex()));
    } else if (pa >= 0 && pa + bytes <= memory.length) {
      tlp.buffer().getBytes(tlp.dataIndex(), memory, (int) pa, bytes);
    }
  }

  /** Where a request goes, or -1 if it is not allowed. */
  private long physical(Tlp tlp, long address, boolean write) {
    if (tlp.addressType() == AddressType.TRANSLATED) {
      return address;
    }
    Mapping mapping = translations.find(tlp.pasid(), address);
    return mapping != null && mapping.allows(write) ? mapping.translate(address) : -1;
  }

  private void message(Tlp tlp) {
    if (tlp.messageCode() == MessageCode.INVALIDATE_COMPLETION) {
      outstandingInvalidations &= ~tlp.invalidateTags();
    } else if (tlp.messageCode() == MessageCode.PAGE_REQUEST) {
      int code = pageRequests.respond(Packet.of(tlp));
      if (code != PageRequestPolicy.NO_RESPONSE) {
        sendPageResponse(tlp.prgIndex(), code);
      }
    }
  }

  void sendPageResponse(int prgIndex, int code) {
    TlpWriter.pageResponse(link().begin(FrameKind.TLP), ROOT_ID, DEVICE_ID, prgIndex, code);
    link().end();
  }

  void sendInvalidation(int itag, int pasid, long payload) {
    outstandingInvalidations |= 1 << itag;
    ByteBuf out = link().begin(FrameKind.TLP);
    TlpWriter.pasidPrefix(out, pasid, false, false);
    TlpWriter.invalidateRequest(out, ROOT_ID, DEVICE_ID, itag, payload);
    link().end();
  }

  /** Takes a tag for a request of the root complex itself. */
  int expect(Consumer<Answer> consumer) {
    int tag = nextTag;
    nextTag = (nextTag + 1) & 0xFF;
    waiting.put(tag, consumer);
    return tag;
  }

  private void completed(Tlp tlp) {
    Consumer<Answer> consumer = waiting.remove(tlp.tag());
    if (consumer == null) {
      throw new IllegalStateException("a completion that nobody asked for");
    }
    long value = 0;
    if (tlp.type() == TlpType.COMPLETION_DATA) {
      int lead = tlp.lowerAddress() & 3;
      for (int i = 0; i < Math.min(tlp.byteCount(), 8); i++) {
        value |= (long) tlp.buffer().getUnsignedByte(tlp.payloadIndex() + lead + i) << (8 * i);
      }
    }
    consumer.accept(new Answer(tlp.status(), value));
  }
}
