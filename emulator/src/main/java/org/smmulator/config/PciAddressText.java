package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import org.smmulator.arch.port.PciAddress;

/** How machine files write a {@link PciAddress}, which knows nothing of them. */
interface PciAddressText {
  @JsonCreator
  static PciAddress parse(String text) {
    return PciAddress.parse(text);
  }
}
