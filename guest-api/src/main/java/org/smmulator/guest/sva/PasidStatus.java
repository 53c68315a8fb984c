package org.smmulator.guest.sva;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.guest.mm.AddressSpace;

/**
 * A PASID that is not free, at one moment.
 *
 * @param mm the address space that it names; null in quarantine
 * @param asid of the address space; 0 in quarantine
 * @param devices by name, with the state of each one's bond; in quarantine those that hold it
 * @param quarantine why it is in quarantine, or null
 */
public record PasidStatus(
    int pasid,
    @Nullable AddressSpace mm,
    int asid,
    Map<String, String> devices,
    @Nullable String quarantine) {}
