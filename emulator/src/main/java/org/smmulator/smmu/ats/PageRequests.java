package org.smmulator.smmu.ats;

import org.smmulator.arch.BitField;
import org.smmulator.arch.event.EventType;
import org.smmulator.arch.event.PageRequestField;
import org.smmulator.bus.tlp.PageRequestFlags;
import org.smmulator.smmu.command.PriResponse;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.config.Configurations;
import org.smmulator.smmu.config.StreamTableEntry;
import org.smmulator.smmu.fault.EventRecorder;
import org.smmulator.smmu.fault.Fault;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.SmmuOutputs;
import org.smmulator.smmu.port.Transaction;
import org.smmulator.smmu.queue.PageRequestQueue;
import org.smmulator.smmu.register.Registers;

/**
 * Page requests of endpoints: records of the PRI queue, or an automatic response where software
 * will never see the request (IHI 0070 8.1 to 8.3). A Stop PASID marker never gets a response.
 */
public final class PageRequests {
  private final SmmuFeatures features;
  private final Registers registers;
  private final Configurations configurations;
  private final PageRequestQueue queue;
  private final EventRecorder events;
  private final SmmuOutputs outputs;
  private final long[] record = new long[PageRequestField.BYTES / Long.BYTES];
  private final Transaction reader = new Transaction();
  private long automaticResponses;

  public PageRequests(
      SmmuFeatures features,
      Registers registers,
      Configurations configurations,
      PageRequestQueue queue,
      EventRecorder events,
      SmmuOutputs outputs) {
    this.features = features;
    this.registers = registers;
    this.configurations = configurations;
    this.queue = queue;
    this.events = events;
    this.outputs = outputs;
  }

  /** One page request message, with flags of {@link PageRequestFlags}. */
  public void request(int streamId, int pasid, long address, int prgIndex, int flags) {
    // An SMMU without substreams does not know what a PASID is.
    int substreamId = features.substreamIdBits() == 0 ? Transaction.NO_SUBSTREAM : pasid;
    compose(streamId, substreamId, address, prgIndex, flags);
    boolean last = (flags & PageRequestFlags.LAST) != 0;
    boolean marker =
        pasid != Transaction.NO_SUBSTREAM
            && last
            && (flags & (PageRequestFlags.READ | PageRequestFlags.WRITE)) == 0;
    switch (queue.write(record, last)) {
      case WRITTEN -> {}
      case DISABLED, ABORTED -> {
        if (!marker) {
          respond(streamId, Transaction.NO_SUBSTREAM, prgIndex, PriResponse.RESPONSE_FAILURE);
        }
      }
      case OVERFLOWED -> {
        if (last && !marker) {
          respondToOverflow(streamId, substreamId, prgIndex);
        }
      }
    }
  }

  private void compose(int streamId, int substreamId, long address, int prgIndex, int flags) {
    boolean hasSubstream = substreamId != Transaction.NO_SUBSTREAM;
    record[0] =
        PageRequestField.STREAM_ID.of(Integer.toUnsignedLong(streamId))
            | flag(flags, PageRequestFlags.READ, PageRequestField.R)
            | flag(flags, PageRequestFlags.WRITE, PageRequestField.W)
            | flag(flags, PageRequestFlags.LAST, PageRequestField.LAST);
    if (hasSubstream) {
      record[0] |=
          PageRequestField.SSV.mask()
              | PageRequestField.SUBSTREAM_ID.of(substreamId)
              | flag(flags, PageRequestFlags.EXECUTE, PageRequestField.X)
              | flag(flags, PageRequestFlags.PRIVILEGED, PageRequestField.PRIV);
    }
    record[1] = PageRequestField.PRG_INDEX.of(prgIndex) | PageRequestField.ADDRESS.inPlace(address);
  }

  private static long flag(int flags, int flag, BitField field) {
    return (flags & flag) != 0 ? field.mask() : 0;
  }

  /**
   * Success, so that the endpoint asks again. Whether its PASID goes along is a choice of the
   * stream unless PPS makes it for all; if the stream cannot be read, there is no such choice.
   */
  private void respondToOverflow(int streamId, int substreamId, int prgIndex) {
    if (substreamId == Transaction.NO_SUBSTREAM || features.has(Feature.PPS)) {
      respond(streamId, substreamId, prgIndex, PriResponse.SUCCESS);
      return;
    }
    Configuration configuration = configurations.findStream(streamId);
    StreamTableEntry stream = configuration.stream();
    if (stream == null || !stream.legal()) {
      recordStreamError(streamId, substreamId, configuration);
      respond(streamId, Transaction.NO_SUBSTREAM, prgIndex, PriResponse.RESPONSE_FAILURE);
      return;
    }
    int answered = stream.pasidInAutomaticResponses() ? substreamId : Transaction.NO_SUBSTREAM;
    respond(streamId, answered, prgIndex, PriResponse.SUCCESS);
  }

  private void recordStreamError(int streamId, int substreamId, Configuration configuration) {
    Fault fault = configuration.requireFault();
    if (registers.recordsAtsConfigurationErrors()
        && (fault.type() != EventType.C_BAD_STREAMID || registers.recordsBadStreamIds())) {
      reader.request(streamId, substreamId, 0, false, false, false);
      events.record(fault, reader, false);
    }
  }

  private void respond(int streamId, int substreamId, int prgIndex, PriResponse code) {
    automaticResponses++;
    outputs.pageResponse(streamId, substreamId, prgIndex, code.busCode());
  }

  /** Requests that were answered without software. */
  public long automaticResponses() {
    return automaticResponses;
  }
}
