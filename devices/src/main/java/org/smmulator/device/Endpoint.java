package org.smmulator.device;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.MessageCode;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.bus.wire.AtcRead;
import org.smmulator.bus.wire.HelloAck;
import org.smmulator.bus.wire.Link;
import org.smmulator.device.DmaException.Status;
import org.smmulator.device.PciFunction.MsixLayout;
import org.smmulator.device.atc.AddressTranslationCache;
import org.smmulator.device.atc.AtcRecorder;
import org.smmulator.device.atc.InvalidationScope;
import org.smmulator.device.atc.WorkingSet;
import org.smmulator.execution.Execution;

/**
 * One function at the end of its link: takes every packet to the part it is for, and does what
 * software's writes to configuration space ask for. Only the link's thread may call it.
 */
final class Endpoint {
  private static final Logger log = LoggerFactory.getLogger(Endpoint.class);

  private final DeviceModel model;
  private final ModelTask task;
  private final FunctionParts parts;
  private final ConfigSpace config;
  private final Requester requester;
  private final @Nullable MsixTable msix;
  private final boolean msi;
  private final BarAccesses bars;
  private final LinkMailbox mailbox;
  private boolean atsEnabled;
  private boolean pageRequestsEnabled;
  private boolean pasidEnabled;
  private boolean pinLevel;
  private boolean pinSent;

  /** The last packet initiated Function Level Reset: a RESET behind it is the same one. */
  private boolean justReset;

  /** Resets that the model has not finished yet. */
  private int resetsUnderWay;

  Endpoint(
      Link link,
      HelloAck granted,
      DeviceModel model,
      DeviceOptions options,
      @Nullable AtcRecorder recorder,
      Execution execution,
      ModelTask task) {
    PciFunction function = model.function();
    this.model = model;
    this.task = task;
    this.config =
        new ConfigSpace(
            function, !options.stalling(), granted.maxPayload(), granted.maxReadRequest());
    WorkingSet workingSet =
        new WorkingSet(options.atcSets(), WorkingSet.EXACT_ENTRIES, WorkingSet.EXACT_SETS);
    this.parts =
        new FunctionParts(
            config,
            new AddressTranslationCache(options.atcSets(), options.atcWays(), recorder, workingSet),
            new Tags(1 << Math.min(granted.tagBits(), 8)),
            new Transmitter(link, granted),
            new DeviceStatistics(workingSet),
            execution::nanoTime);
    this.requester = new Requester(parts, function.pasidBits(), options.keepInvalidated());
    MsixLayout layout = function.msix();
    this.msix = layout == null ? null : new MsixTable(layout, config, this::sendMessage);
    this.msi = function.msi();
    this.mailbox = new LinkMailbox(link.loop(), () -> batchDone(link));
    this.bars = new BarAccesses(model, function, parts, mailbox, task, msix);
  }

  private void batchDone(Link link) {
    requester.invalidations().acknowledge();
    link.flush();
  }

  LinkMailbox mailbox() {
    return mailbox;
  }

  Requester requester() {
    return requester;
  }

  /** Of a busy function some accesses are followed from here on, not all. */
  void nextPeriodOfWorkingSet() {
    parts.statistics().workingSet.nextPeriod(WorkingSet.PERIOD_ACCESSES);
  }

  long[] statistics() {
    return parts.statistics().slots(parts.atc());
  }

  /**
   * A packet has come.
   *
   * @return null, or what is wrong with it: the link is to be closed
   */
  @Nullable String received(Tlp tlp) {
    justReset = false;
    return switch (tlp.type()) {
      case COMPLETION, COMPLETION_DATA -> completed(tlp);
      case MEMORY_READ -> {
        bars.read(tlp);
        yield null;
      }
      case MEMORY_WRITE -> {
        bars.write(tlp);
        yield null;
      }
      case CONFIG_READ, CONFIG_WRITE -> configuration(tlp);
      case MESSAGE, MESSAGE_DATA -> message(tlp);
      default -> unsupported(tlp);
    };
  }

  private @Nullable String completed(Tlp tlp) {
    String wrong = requester.completed(tlp);
    requester.pump();
    return wrong;
  }

  private @Nullable String unsupported(Tlp tlp) {
    if (tlp.isNonPosted()) {
      parts.out().unsupportedRequest(tlp.transaction(), 4);
    }
    return null;
  }

  private @Nullable String configuration(Tlp tlp) {
    if (tlp.targetId() != parts.out().requesterId()) {
      return unsupported(tlp);
    }
    if (resetsUnderWay > 0) {
      parts.out().completion(tlp.transaction(), CompletionStatus.CRS, 4);
      return null;
    }
    if (tlp.type() == TlpType.CONFIG_READ) {
      long value = config.read(tlp.register()) & 0xFFFF_FFFFL;
      parts.out().completionData(tlp.transaction(), 0, value, 4);
      return null;
    }
    ByteBuf buffer = tlp.buffer();
    config.write(tlp.register(), buffer.getIntLE(tlp.payloadIndex()), tlp.firstByteEnable());
    configurationWritten();
    parts.out().completion(tlp.transaction(), CompletionStatus.SC, 4);
    if (config.takeFunctionReset()) {
      reset(true);
      justReset = true;
    }
    return null;
  }

  private void configurationWritten() {
    atsControl(config.atsEnabled());
    pasidControl(config.pasidEnabled());
    pageRequestControl(config.pageRequestsEnabled());
    if (msix != null) {
      msix.sendPending();
    }
    sendPin();
    requester.pump();
  }

  /** Enabling ATS empties the ATC (Base Specification 10.3.7). */
  private void atsControl(boolean enabled) {
    if (enabled && !atsEnabled) {
      parts.atc().invalidateAll();
      requester.translations().enabled();
    }
    atsEnabled = enabled;
  }

  private void pasidControl(boolean enabled) {
    if (!enabled && pasidEnabled) {
      parts.atc().invalidateAll();
      requester.translations().invalidated(InvalidationScope.EVERYTHING);
    }
    pasidEnabled = enabled;
  }

  private void pageRequestControl(boolean enabled) {
    if (!enabled && pageRequestsEnabled) {
      requester.pageRequests().disabled();
    }
    if (config.takePageRequestReset()) {
      requester.pageRequests().reset();
      config.pageRequestsStopped(true);
    }
    pageRequestsEnabled = enabled;
  }

  private @Nullable String message(Tlp tlp) {
    switch (tlp.messageCode()) {
      case MessageCode.INVALIDATE_REQUEST -> {
        parts.out().translationAgent(tlp.requesterId());
        long payload = tlp.buffer().getLong(tlp.payloadIndex());
        InvalidationScope scope =
            new InvalidationScope(
                tlp.pasid(),
                AtsEntry.isGlobalInvalidation(payload),
                AtsEntry.address(payload),
                AtsEntry.sizeLog2(payload));
        requester.invalidations().request(tlp.invalidateTag(), scope);
      }
      case MessageCode.PAGE_RESPONSE -> {
        requester.pageRequests().response(tlp.prgIndex(), tlp.pageResponseCode());
        pageRequestsEnabled = config.pageRequestsEnabled();
        requester.pump();
      }
      default -> log.debug("message {} means nothing here", tlp.messageCode());
    }
    return null;
  }

  /** The root complex asks what the ATC holds. */
  void atcRead(AtcRead question) {
    parts.out().atcEntries(held(question));
  }

  AtcEntries held(AtcRead question) {
    return AtcReader.read(parts.atc(), question);
  }

  /** Everything that had arrived is handled. */
  void readComplete() {
    requester.invalidations().acknowledge();
  }

  /** Raises a vector; from any task. */
  void raise(int vector) {
    MsixTable table = msix;
    if (table != null) {
      mailbox.post(() -> table.raise(vector));
    } else if (msi && vector == 0) {
      mailbox.post(this::sendMsi);
    } else {
      throw new IllegalStateException("the function has no vector " + vector);
    }
  }

  private void sendMsi() {
    if (config.msiEnabled()) {
      sendMessage(0, config.msiAddress(), config.msiMessage());
    }
  }

  /** Sets the level behind the interrupt pin; from any task. */
  void interruptPin(boolean asserted) {
    mailbox.post(
        () -> {
          pinLevel = asserted;
          config.interruptStatus(asserted);
          sendPin();
        });
  }

  private void sendPin() {
    boolean level = pinLevel && config.interruptPinEnabled();
    if (level != pinSent) {
      pinSent = level;
      parts.out().interruptPin(level);
    }
  }

  private void sendMessage(int vector, long address, int data) {
    byte[] bytes = {(byte) data, (byte) (data >>> 8), (byte) (data >>> 16), (byte) (data >>> 24)};
    requester.begin(
        new DmaTransfer(
            DmaPort.NO_PASID,
            true,
            address,
            bytes,
            0,
            bytes.length,
            false,
            ended -> messageSent(vector, ended)));
  }

  /** Says so if the write of a message failed: nobody waits for it. */
  private static void messageSent(int vector, DmaTransfer ended) {
    DmaException failure = ended.failure();
    if (failure != null && failure.status() != Status.LINK_DOWN) {
      log.warn("the message of vector {} was not sent: {}", vector, failure.getMessage());
    }
  }

  /** The root complex resets the function. */
  void reset() {
    if (justReset) {
      justReset = false;
    } else {
      reset(false);
    }
  }

  /**
   * Everything as at first at once, and the model when it comes to it: until then configuration
   * requests are to be retried (Base Specification 6.6), so that software enables nothing, and no
   * transfer begins.
   */
  private void reset(boolean functionLevel) {
    resetsUnderWay++;
    config.reset(functionLevel);
    parts.atc().invalidateAll();
    requester.hold(true);
    requester.abandonAll();
    if (msix != null) {
      msix.reset();
    }
    atsEnabled = false;
    pageRequestsEnabled = false;
    pasidEnabled = false;
    pinLevel = false;
    sendPin();
    task.callBack(this::resetModel);
  }

  private void resetModel() {
    ModelReset end = new ModelReset();
    try {
      model.reset(end);
    } catch (RuntimeException e) {
      end.run();
      throw e;
    }
  }

  /** The model's word that its reset is over; the first one counts. The BAR task's alone. */
  private final class ModelReset implements Runnable {
    private boolean over;

    @Override
    public void run() {
      if (!over) {
        over = true;
        mailbox.post(Endpoint.this::modelReset);
      }
    }
  }

  private void modelReset() {
    resetsUnderWay--;
    requester.hold(resetsUnderWay > 0);
  }

  /** The link is closed. */
  void linkDown() {
    requester.linkDown();
    mailbox.close();
  }
}
