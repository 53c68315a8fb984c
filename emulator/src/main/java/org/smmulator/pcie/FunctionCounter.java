package org.smmulator.pcie;

import static org.smmulator.counter.CounterRow.Facts.counter;
import static org.smmulator.counter.CounterRow.Facts.gauge;

import org.smmulator.counter.CounterRow;

/** What the root complex counts of each function by itself. */
public enum FunctionCounter implements CounterRow {
  TRANSLATION_REQUESTS(counter("requests", "Translation requests that reached the root complex")),
  TRANSLATIONS_HELD(
      gauge("translations", "Translations the device may use: granted and not invalidated")),
  TRANSLATIONS_WITHHELD(
      counter(
          "translations",
          "Translations given for untranslated accesses only: the function has too many grants")),
  PAGE_REQUESTS(counter("requests", "Page requests without stop markers")),
  STOP_MARKERS(counter("requests", "Stop markers: no page request of the PASID follows")),
  TRANSLATED_ACCESSES(counter("packets", "Memory packets with a physical address")),
  UNTRANSLATED_ACCESSES(counter("packets", "Memory packets that the SMMU translated")),
  BYTES_READ(counter("bytes", "Bytes that the device read from memory or another device")),
  BYTES_WRITTEN(counter("bytes", "Bytes that the device wrote to memory or another device")),
  PEER_BYTES_READ(counter("bytes", "Bytes that the device read from another device")),
  PEER_BYTES_WRITTEN(counter("bytes", "Bytes that the device wrote to another device")),
  PEER_READS_DROPPED(
      counter("packets", "Reads from another device that ended after the reader's reset or end")),
  REQUESTS_STALLED(
      counter(
          "requests",
          "Memory requests held: the SMMU has stalled them, or earlier ones to the same page")),
  STALLED_NOW(gauge("requests", "Memory requests that are held")),
  STALLS_REFUSED(
      counter("requests", "Memory requests aborted because there was no room to hold them")),
  REFUSED(
      counter(
          "packets",
          "Requests answered with Unsupported Request or Completer Abort, and writes dropped")),
  WITHOUT_BUS_MASTER(
      counter("packets", "Memory requests while Bus Master Enable was clear; refused too")),
  PACKETS_NOT_PERMITTED(
      counter(
          "packets", "Packets that software has not permitted the function: a rule broken each")),
  INVALIDATIONS_SENT(counter("requests", "Invalidate Requests sent")),
  INVALIDATIONS_COMPLETED(counter("requests", "Invalidate Requests completed in time")),
  INVALIDATIONS_TIMED_OUT(counter("requests", "Invalidate Requests not completed in time")),
  INVALIDATIONS_LOST(counter("requests", "Invalidations given up because the link was lost")),
  INVALIDATIONS_NOT_ANSWERED(
      counter("requests", "Invalidations given up at once: an earlier one had timed out")),
  INVALIDATIONS_DETACHED(counter("requests", "Invalidations over with the device's detach")),
  INVALIDATIONS_LATE(counter("packets", "Invalidate Completions after the time-out")),
  ENTRIES_OVER_INVALIDATED(
      counter(
          "entries",
          "ATC entries dropped, as the device tells, of addresses that the TLBI commands before the"
              + " invalidation had not named; at least so many")),
  REQUESTS_TIMED_OUT(
      counter("requests", "Configuration and BAR accesses that had no completion in time")),
  COMPLETIONS_LATE(
      counter("packets", "Completions of configuration and BAR accesses after the time-out")),
  RESETS(counter("resets", "Resets of the function or its bus after which it answered again")),
  VIOLATIONS(counter("violations", "Violations of any kind that name the device"));

  static final int COUNT = values().length;

  @SuppressWarnings("ImmutableEnumChecker") // Facts are a record of strings.
  private final Facts facts;

  FunctionCounter(Facts facts) {
    this.facts = facts;
  }

  @Override
  public Facts facts() {
    return facts;
  }
}
