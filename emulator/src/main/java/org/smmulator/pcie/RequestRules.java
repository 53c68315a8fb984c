package org.smmulator.pcie;

import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.AddressType;
import org.smmulator.bus.tlp.Tlp;

/** Which rule a request of a function breaks, given what software permits the function. */
final class RequestRules {
  private RequestRules() {}

  /** Of a memory request or Page Request; the first rule it breaks, bus mastering aside. */
  static @Nullable ProtocolRule broken(FunctionConfig config, Tlp tlp) {
    ProtocolRule broken = tlp.type().isMessage() ? ofMessage(config) : ofAccess(config, tlp);
    return broken == null && tlp.hasPasid() ? ofPrefix(config, tlp) : broken;
  }

  private static @Nullable ProtocolRule ofMessage(FunctionConfig config) {
    return config.permits(FunctionConfig.PAGE_REQUESTS) ? null : ProtocolRule.PAGE_REQUEST;
  }

  private static @Nullable ProtocolRule ofAccess(FunctionConfig config, Tlp tlp) {
    if (!config.permits(FunctionConfig.ATS)) {
      switch (tlp.addressType()) {
        case AddressType.TRANSLATION_REQUEST -> {
          return ProtocolRule.TRANSLATION_REQUEST;
        }
        case AddressType.TRANSLATED -> {
          return ProtocolRule.TRANSLATED_REQUEST;
        }
        default -> {}
      }
    }
    boolean atomic = tlp.type().isAtomic() && !config.permits(FunctionConfig.ATOMICS);
    return atomic ? ProtocolRule.ATOMIC : null;
  }

  private static @Nullable ProtocolRule ofPrefix(FunctionConfig config, Tlp tlp) {
    if (!config.permits(FunctionConfig.PASID)) {
      return ProtocolRule.PASID;
    }
    if (tlp.pasid() >= config.pasids()) {
      return ProtocolRule.PASID_WIDTH;
    }
    boolean translated = !tlp.type().isMessage() && tlp.addressType() == AddressType.TRANSLATED;
    if (translated && !config.permits(FunctionConfig.TRANSLATED_WITH_PASID)) {
      return ProtocolRule.PASID_TRANSLATED;
    }
    if (tlp.executeRequested() && !config.permits(FunctionConfig.EXECUTE)) {
      return ProtocolRule.EXECUTE;
    }
    return tlp.privilegedRequested() && !config.permits(FunctionConfig.PRIVILEGED)
        ? ProtocolRule.PRIVILEGED
        : null;
  }
}
