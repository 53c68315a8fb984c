package org.smmulator.metrics;

import org.jspecify.annotations.Nullable;

/**
 * One device, plugged in now or earlier.
 *
 * @param id bus, device and function number, such as {@code 00:04.0}
 * @param pageRequests page requests that the device sent
 * @param translatedAccesses memory packets with a physical address
 * @param untranslatedAccesses memory packets that the SMMU translated
 * @param translationRequests translation requests that reached the root complex
 * @param translationRetries translation requests repeated, after a page response or because an
 *     invalidation overtook the answer
 * @param translationsHeld translations that the device may use now: granted and not yet invalidated
 * @param translationsWithheld translations given for untranslated accesses only, because the device
 *     had been granted as many as it may have
 * @param packetsNotPermitted packets that the device sent though software had not enabled them
 * @param resets resets, of the function or its bus, after which the device answered again
 * @param violations violations of any kind that name the device
 * @param invalidationsTimedOut invalidation requests that the device did not complete in time
 * @param invalidationsLost invalidation requests outstanding when the link was lost
 */
public record DeviceSummary(
    String id,
    String name,
    String model,
    AtcSummary atc,
    @Nullable Long pageRequests,
    @Nullable Long translatedAccesses,
    @Nullable Long untranslatedAccesses,
    @Nullable Long translationRequests,
    @Nullable Long translationRetries,
    @Nullable Long translationsHeld,
    @Nullable Long translationsWithheld,
    @Nullable Long packetsNotPermitted,
    @Nullable Long resets,
    @Nullable Long violations,
    @Nullable Long invalidationsTimedOut,
    @Nullable Long invalidationsLost,
    Latencies latencies) {}
