package org.smmulator.pcie;

import static org.smmulator.pcie.FunctionCounter.COMPLETIONS_LATE;
import static org.smmulator.pcie.FunctionCounter.REFUSED;
import static org.smmulator.pcie.FunctionCounter.WITHOUT_BUS_MASTER;

import org.smmulator.bus.tlp.AddressType;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.MessageCode;
import org.smmulator.bus.tlp.RequesterId;
import org.smmulator.bus.tlp.Tlp;

/** Takes each packet of a function to who answers it, and checks it on the way. */
final class UpstreamPackets {
  private final MemoryRequests memory;
  private final TranslationServices services;
  private final InterruptPins pins;
  private final Judge judge;

  UpstreamPackets(
      MemoryRequests memory, TranslationServices services, InterruptPins pins, Judge judge) {
    this.memory = memory;
    this.services = services;
    this.pins = pins;
    this.judge = judge;
  }

  /** One well-formed packet, perhaps of a device that lies. */
  void handle(AttachedFunction function, Tlp tlp) {
    judge.packet(function, tlp);
    try {
      dispatch(function, tlp);
    } finally {
      judge.handled();
    }
  }

  private void dispatch(AttachedFunction function, Tlp tlp) {
    int sender = tlp.type().isCompletion() ? tlp.completerId() : tlp.requesterId();
    if (sender != function.requesterId()) {
      String text = "packet with the ID of " + RequesterId.text(sender) + " from " + function.id();
      function.fault(ProtocolRule.REQUESTER_ID, text);
      return;
    }
    switch (tlp.type()) {
      case MEMORY_READ, MEMORY_WRITE, FETCH_ADD, SWAP, COMPARE_AND_SWAP ->
          memoryRequest(function, tlp);
      case COMPLETION, COMPLETION_DATA -> completion(function, tlp);
      case MESSAGE, MESSAGE_DATA -> message(function, tlp);
      case CONFIG_READ, CONFIG_WRITE, IO_READ, IO_WRITE, OTHER ->
          MemoryRequests.refuse(function, tlp, CompletionStatus.UR);
    }
  }

  /**
   * The root port refuses what a function sends that may not master the bus. All else that its own
   * enables forbid is on record and goes on: the root complex of real hardware does not know them,
   * and the SMMU has tables that say what the stream may do.
   */
  private void memoryRequest(AttachedFunction function, Tlp tlp) {
    if (!function.config.permits(FunctionConfig.BUS_MASTER)) {
      function.count(WITHOUT_BUS_MASTER);
      judge.forbidden(function, ProtocolRule.BUS_MASTER, tlp.pasid(), tlp.address());
      MemoryRequests.refuse(function, tlp, CompletionStatus.UR);
      return;
    }
    if (tlp.atIllegal()) {
      ProtocolRule rule = ProtocolRule.ADDRESS_TYPE;
      judge.broken(function, rule, rule.sentence());
      MemoryRequests.refuse(function, tlp, CompletionStatus.UR);
      return;
    }
    ProtocolRule broken = RequestRules.broken(function.config, tlp);
    if (broken != null) {
      judge.forbidden(function, broken, tlp.pasid(), tlp.address());
    }
    if (tlp.isPoisoned() && tlp.payloadBytes() > 0) {
      MemoryRequests.refuse(function, tlp, CompletionStatus.UR);
    } else if (tlp.addressType() == AddressType.TRANSLATION_REQUEST) {
      services.translationRequest(function, tlp);
    } else {
      memory.request(function, tlp);
    }
  }

  private void completion(AttachedFunction function, Tlp tlp) {
    PendingRequests.Answered answered =
        tlp.requesterId() == RequesterId.ROOT
            ? function.requests.completion(tlp)
            : PendingRequests.Answered.UNKNOWN_TAG;
    switch (answered) {
      case KNOWN -> {}
      case LATE -> function.count(COMPLETIONS_LATE);
      case UNKNOWN_TAG ->
          judge.broken(
              function,
              ProtocolRule.COMPLETION_TAG,
              "completion for tag " + tlp.tag() + ", which is not in use");
      case DOES_NOT_FIT ->
          judge.broken(
              function,
              ProtocolRule.COMPLETION_FIT,
              "completion for tag " + tlp.tag() + " does not fit its request");
    }
  }

  private void message(AttachedFunction function, Tlp tlp) {
    switch (tlp.messageCode()) {
      case MessageCode.PAGE_REQUEST -> services.pageRequest(function, tlp);
      case MessageCode.INVALIDATE_COMPLETION -> services.invalidateCompletion(function, tlp);
      default -> {
        if (!pins.message(function, tlp)) {
          function.count(REFUSED);
        }
      }
    }
  }
}
