package org.smmulator.device;

import java.util.function.LongSupplier;
import org.smmulator.device.atc.AddressTranslationCache;

/**
 * What the parts of one function share; all of it belongs to the link's thread.
 *
 * @param clock monotonic nanoseconds
 */
record FunctionParts(
    ConfigSpace config,
    AddressTranslationCache atc,
    Tags tags,
    Transmitter out,
    DeviceStatistics statistics,
    LongSupplier clock) {}
