package org.smmulator.device.fake;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.pcie.AtsCapability;
import org.smmulator.bus.pcie.ConfigHeader;
import org.smmulator.bus.pcie.PasidCapability;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.bus.wire.AtcRead;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.bus.wire.ControlCode;
import org.smmulator.bus.wire.ErrorCode;
import org.smmulator.bus.wire.FrameKind;
import org.smmulator.bus.wire.InProcessWire;
import org.smmulator.bus.wire.LinkLimits;
import org.smmulator.bus.wire.NettySockets;
import org.smmulator.bus.wire.NettyTransport;
import org.smmulator.device.AttachedDevice;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceOptions;
import org.smmulator.device.fake.FakeTranslations.Mapping;
import org.smmulator.execution.ThreadExecution;

/**
 * A root complex for tests: flat memory from address 0, translations that the test sets, answers
 * that the test can hold back or spoil, and one device in the same process. Both ends of the link
 * run on one thread of its own, through the same code as over a socket.
 *
 * <p>The methods are for the test's thread; each returns when the link's thread has done it.
 * Waiting gives up after four minutes with an {@code IllegalStateException}.
 */
public final class FakeRootComplex implements AutoCloseable {
  /** Physical address whose 32-bit writes are message-signalled interrupts. */
  public static final long MSI_ADDRESS = 0x0802_0040L;

  /** Where {@link #enable} puts BAR 0 if it has 64 bits, and if it has 32. */
  public static final long BAR0 = 0x10_0000_0000L;

  public static final long BAR0_32_BIT = 0x1000_0000L;

  /** In the place of a PASID. */
  public static final int NO_PASID = -1;

  private final FakeLoop loop = new FakeLoop();
  private final FakePort port;
  private final FakeRequests requests;
  private @Nullable AttachedDevice device;
  private volatile long bar0 = BAR0;

  /**
   * A root complex without device.
   *
   * @param memoryBytes size of its memory
   */
  public FakeRootComplex(int memoryBytes) {
    this.port = new FakePort(memoryBytes, loop::changed);
    this.requests = new FakeRequests(loop, port);
  }

  /** Attaches a model and waits until it is accepted. */
  public AttachedDevice attach(DeviceModel model, DeviceOptions options) throws IOException {
    AttachedDevice attaching = new AttachedDevice(model, options, new ThreadExecution());
    device = attaching;
    InProcessWire.join(
        port, loop.wireLoop(), attaching.handler(), loop.wireLoop(), LinkLimits.DEFAULT);
    FakeLoop.get(attaching.whenAttached().handle((id, refused) -> true));
    return attaching;
  }

  /** Attaches a model through a socket at this address, and waits until it is accepted. */
  public AttachedDevice attachOver(BusAddress address, DeviceModel model, DeviceOptions options)
      throws IOException {
    try (NettySockets.Listener listener =
        NettyTransport.listen(loop.eventLoop(), address, LinkLimits.DEFAULT, () -> port)) {
      AttachedDevice attaching =
          AttachedDevice.connect(loop.eventLoop(), listener.address(), model, options);
      device = attaching;
      FakeLoop.get(attaching.whenAttached());
      return attaching;
    }
  }

  /** Lets the next hello be refused with this sentence. */
  public void refuse(String sentence) {
    loop.run(() -> port.refusal = sentence);
  }

  /** Detaches the device and ends the thread. */
  @Override
  public void close() {
    if (device != null) {
      device.detach();
    }
    loop.close();
  }

  // Memory and translations.

  public void write(long pa, byte... bytes) {
    loop.run(() -> System.arraycopy(bytes, 0, port.memory, (int) pa, bytes.length));
  }

  /** Memory, with every write that the device had sent. */
  public byte[] read(long pa, int length) {
    requests.settle();
    return loop.call(() -> Arrays.copyOfRange(port.memory, (int) pa, (int) pa + length));
  }

  /**
   * Translates a range, in front of older ones. May also be called from a {@link
   * PageRequestPolicy}.
   *
   * @param sizeLog2 log2 of its bytes, 12 or more; address and pa are rounded down to it
   * @param flags {@link AtsEntry#READ} and the others there
   */
  public void map(int pasid, long address, long pa, int sizeLog2, int flags) {
    loop.run(() -> port.translations.map(new Mapping(pasid, address, sizeLog2, pa, flags)));
  }

  /** Takes back every range that covers an address; the device is not told. */
  public void unmap(int pasid, long address) {
    loop.run(() -> port.translations.unmap(pasid, address));
  }

  /** Where an address goes at present, or -1 if nowhere. */
  public long translate(int pasid, long address) {
    return loop.call(
        () -> {
          Mapping mapping = port.translations.find(pasid, address);
          return mapping == null ? -1L : mapping.translate(address);
        });
  }

  // Answers.

  /** From now on completions of reads are kept until {@link #releaseReads}. */
  public void holdReads() {
    loop.run(() -> port.holdReads = true);
  }

  /** Sends the completions that were held, and holds no more. */
  public void releaseReads() {
    send(
        () -> {
          port.holdReads = false;
          drain(port.heldReads);
        });
  }

  /** Waits until this many completions of reads are held. */
  public void awaitHeldReads(int count) {
    loop.await(() -> port.heldReads.size() >= count);
  }

  public int heldReads() {
    return loop.call(port.heldReads::size);
  }

  /** From now on answers to translation requests, made as they arrive, are kept. */
  public void holdTranslations() {
    loop.run(() -> port.holdTranslations = true);
  }

  public void releaseTranslations() {
    send(
        () -> {
          port.holdTranslations = false;
          drain(port.heldTranslations);
        });
  }

  public void awaitHeldTranslations(int count) {
    loop.await(() -> port.heldTranslations.size() >= count);
  }

  private void drain(Queue<Runnable> held) {
    Runnable answer = held.poll();
    while (answer != null) {
      answer.run();
      answer = held.poll();
    }
  }

  /** Completes every read with this status from now on. */
  public void answerReadsWith(int status) {
    loop.run(() -> port.readStatus = status);
  }

  /** Completes every translation request with this status from now on. */
  public void answerTranslationsWith(int status) {
    loop.run(() -> port.translationStatus = status);
  }

  /** Cuts completions at multiples of this many bytes (the Read Completion Boundary). */
  public void splitCompletionsAt(int bytes) {
    loop.run(() -> port.splitBytes = bytes);
  }

  /** Moves the Lower Address of completions away from what was read: a broken root complex. */
  public void misplaceCompletionsBy(int bytes) {
    loop.run(() -> port.misplacedBytes = bytes);
  }

  public void onPageRequest(PageRequestPolicy policy) {
    loop.run(() -> port.pageRequests = policy);
  }

  /** Sends a PRG Response. */
  public void respond(int prgIndex, int code) {
    send(() -> port.sendPageResponse(prgIndex, code));
  }

  // Invalidation.

  /**
   * Sends an Invalidate Request under the lowest ITag that is not outstanding.
   *
   * @param sizeLog2 12 to 64
   * @return the ITag
   */
  public int invalidate(int pasid, boolean global, long address, int sizeLog2) {
    return loop.call(
        () -> {
          int itag = Integer.numberOfTrailingZeros(~port.outstandingInvalidations);
          long payload = AtsEntry.encodeInvalidation(address, sizeLog2, global);
          port.sendInvalidation(itag, pasid, payload);
          port.link().flush();
          return itag;
        });
  }

  /** Whether the device has acknowledged everything it did before now. */
  public boolean isAcknowledged(int itag) {
    configRead(0);
    return loop.call(() -> (port.outstandingInvalidations & 1 << itag) == 0);
  }

  public void awaitAcknowledged(int itag) {
    loop.await(() -> (port.outstandingInvalidations & 1 << itag) == 0);
  }

  // Configuration space and BARs.

  /** Gives BAR 0 its address, and enables memory and bus mastering. */
  public void enable() {
    boolean is64Bit = (configRead(ConfigHeader.BAR0) & ConfigHeader.BAR_64_BIT) != 0;
    bar0 = is64Bit ? BAR0 : BAR0_32_BIT;
    configWrite(ConfigHeader.BAR0, (int) bar0);
    if (is64Bit) {
      configWrite(ConfigHeader.BAR0 + 4, (int) (bar0 >>> 32));
    }
    configWrite(ConfigHeader.COMMAND, ConfigHeader.MEMORY_SPACE | ConfigHeader.BUS_MASTER);
  }

  public void enableAts() {
    configWrite(findExtended(AtsCapability.ID) + AtsCapability.CONTROL, AtsCapability.ENABLE);
  }

  public void disableAts() {
    configWrite(findExtended(AtsCapability.ID) + AtsCapability.CONTROL, 0);
  }

  public void enablePasid() {
    configWrite(findExtended(PasidCapability.ID) + PasidCapability.CONTROL, PasidCapability.ENABLE);
  }

  public void enablePageRequests(int allocation) {
    requests.enablePageRequests(allocation);
  }

  /** Offset of an extended capability. */
  public int findExtended(int id) {
    return requests.findExtended(id);
  }

  public int configRead(int register) {
    return (int) requests.value(FakeRequests.configRead(register));
  }

  /** The status of the answer to a configuration read, which is not retried. */
  public int configReadStatus(int register) {
    return requests.answer(FakeRequests.configRead(register)).status();
  }

  public void configWrite(int register, int value) {
    requests.value(FakeRequests.configWrite(register, value));
  }

  /** Reads 1, 2, 4 or 8 bytes of BAR 0. */
  public long barRead(long offset, int bytes) {
    return requests.value(
        (out, tag) -> TlpWriter.memoryRead(out, 0, FakePort.ROOT_ID, tag, bar0 + offset, bytes));
  }

  public void barWrite(long offset, int bytes, long value) {
    send(
        () -> {
          ByteBuf out = port.link().begin(FrameKind.TLP);
          int index = TlpWriter.memoryWrite(out, 0, FakePort.ROOT_ID, bar0 + offset, bytes);
          for (int i = 0; i < bytes; i++) {
            out.setByte(index + i, (int) (value >>> (8 * i)));
          }
          port.link().end();
        });
  }

  /** The status of the answer to a BAR read of any length. */
  public int barReadStatus(long offset, int bytes) {
    return requests
        .answer(
            (out, tag) -> TlpWriter.memoryRead(out, 0, FakePort.ROOT_ID, tag, bar0 + offset, bytes))
        .status();
  }

  /** Conventional reset of the device. */
  public void reset() {
    send(() -> port.link().sendControl(ControlCode.RESET));
  }

  /** Function Level Reset, as a machine does it: the write that initiates it, and RESET behind. */
  public void functionReset() {
    requests.functionReset();
  }

  /** Closes the link from this end, as a machine does that stops. */
  public void closeLink() {
    loop.run(() -> port.link().close(ErrorCode.SHUTDOWN, "the machine stops"));
  }

  // What the device did.

  /** Every memory request and message received so far, oldest first. */
  public List<Packet> packets() {
    requests.settle();
    return loop.call(() -> new ArrayList<>(port.packets));
  }

  public int packetCount() {
    return loop.call(port.packets::size);
  }

  public void awaitPackets(TlpType type, int count) {
    loop.await(
        () -> port.packets.stream().filter(packet -> packet.type() == type).count() >= count);
  }

  /** Data of the message-signalled interrupts received so far. */
  public List<Integer> messages() {
    requests.settle();
    return loop.call(() -> new ArrayList<>(port.messages));
  }

  public void awaitMessages(int count) {
    loop.await(() -> port.messages.size() >= count);
  }

  /**
   * The last STATS frame: slots of {@link org.smmulator.bus.wire.DeviceCounter}, all zero before
   * the first. A device sends one every 250 ms; {@link AttachedDevice#statistics} knows more.
   */
  public long[] statistics() {
    return loop.call(() -> port.statistics.clone());
  }

  /** Waits for STATS that the test likes. */
  public void awaitStatistics(Predicate<long[]> condition) {
    loop.await(() -> port.reported && condition.test(port.statistics));
  }

  /** A part of what the device's ATC holds, as {@link AtcRead} asks. */
  public AtcEntries readAtc(long first, long from, long to) {
    return requests.readAtc(new AtcRead(first, from, to));
  }

  /** The last CONTROL code received, 0 if none. */
  public int lastControl() {
    return loop.call(() -> port.lastControl);
  }

  public void awaitClosed() {
    loop.await(() -> port.closedBecause != null);
  }

  private void send(Runnable packets) {
    loop.run(
        () -> {
          packets.run();
          port.link().flush();
        });
  }
}
