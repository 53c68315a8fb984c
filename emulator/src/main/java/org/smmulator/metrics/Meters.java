package org.smmulator.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.smmulator.metrics.Latencies.Percentiles;

/** Every meter of a machine, with unit and meaning; Prometheus spells dots as underscores. */
final class Meters {
  /** A count of one device; null is unknown and shows as NaN. */
  record OfDevice(
      String name, String unit, String meaning, Function<DeviceSummary, @Nullable Long> value) {
    String description() {
      return describe(meaning, unit);
    }
  }

  /** A round trip of one device, as the two quantiles 0.5 and 0.99. */
  record Latency(
      String name, String meaning, Function<DeviceSummary, @Nullable Percentiles> value) {
    String description() {
      return describe(meaning, "seconds");
    }
  }

  /** A count of one cache of the SMMU. */
  private record OfCache(
      String name, String unit, String meaning, ToLongFunction<CacheSummary> value) {}

  /** A number of the machine. */
  record OfMachine(String name, String unit, String meaning, ToLongFunction<Summary> value) {
    String description() {
      return describe(meaning, unit);
    }
  }

  /** Counts by a name that appears with the first count, in the tag {@code kind}. */
  record ByKind(
      String name, String unit, String meaning, Function<Summary, Map<String, Long>> value) {
    String description() {
      return describe(meaning, unit);
    }
  }

  static final List<OfDevice> DEVICE_COUNTERS =
      List.of(
          device("atc.lookups", "lookups", "ATC lookups", d -> d.atc().lookups()),
          device("atc.hits", "lookups", "ATC lookups that hit", d -> d.atc().hits()),
          device("atc.misses", "lookups", "ATC lookups that missed", d -> d.atc().misses()),
          device("atc.fills", "entries", "ATC entries filled", d -> d.atc().fills()),
          device("atc.evictions", "entries", "ATC entries evicted", d -> d.atc().evictions()),
          device(
              "atc.invalidation.requests",
              "requests",
              "Invalidation requests received",
              d -> d.atc().invalidationRequests()),
          device(
              "atc.entries.dropped",
              "entries",
              "ATC entries dropped by invalidations",
              d -> d.atc().entriesDropped()),
          device("page.requests", "requests", "Page requests sent", DeviceSummary::pageRequests),
          device(
              "accesses.translated",
              "packets",
              "Memory packets with a translated address",
              DeviceSummary::translatedAccesses),
          device(
              "accesses.untranslated",
              "packets",
              "Memory packets that the SMMU translated",
              DeviceSummary::untranslatedAccesses),
          device(
              "translation.requests",
              "requests",
              "Translation requests received",
              DeviceSummary::translationRequests),
          device(
              "translation.retries",
              "requests",
              "Translation requests repeated, after a page response or an invalidation",
              DeviceSummary::translationRetries),
          device(
              "translations.withheld",
              "translations",
              "Translations for untranslated accesses only: too many were granted",
              DeviceSummary::translationsWithheld),
          device("violations", "violations", "Violations of any kind", DeviceSummary::violations),
          device(
              "packets.not.permitted",
              "packets",
              "Packets that software had not enabled: bus mastering, ATS, PRI, PASID, AtomicOps",
              DeviceSummary::packetsNotPermitted),
          device(
              "resets",
              "resets",
              "Resets of the function or its bus after which it answered again",
              DeviceSummary::resets),
          device(
              "invalidations.timed.out",
              "requests",
              "Invalidation requests that were not completed in time",
              DeviceSummary::invalidationsTimedOut),
          device(
              "invalidations.lost",
              "requests",
              "Invalidation requests outstanding when the link was lost",
              DeviceSummary::invalidationsLost));

  static final List<OfDevice> DEVICE_GAUGES =
      List.of(
          device(
              "translations.held",
              "translations",
              "Translations granted and not yet invalidated",
              DeviceSummary::translationsHeld));

  static final List<Latency> DEVICE_LATENCIES =
      List.of(
          new Latency(
              "smmulator.translation.request.latency",
              "Round trip of translation requests",
              d -> d.latencies().translationRequest()),
          new Latency(
              "smmulator.invalidation.latency",
              "Round trip of ATC invalidations",
              d -> d.latencies().invalidation()),
          new Latency(
              "smmulator.page.request.latency",
              "Round trip of page requests",
              d -> d.latencies().pageRequest()));

  static final List<OfMachine> COUNTERS =
      List.of(
          machine("links.accepted", "links", "Connections to the bus", s -> s.links().accepted()),
          machine(
              "links.refused",
              "links",
              "Peers that did not become devices",
              s -> s.links().refused()),
          machine("links.lost", "links", "Devices that went without a word", s -> s.links().lost()),
          machine(
              "links.detached", "links", "Devices that said good-bye", s -> s.links().detached()),
          machine("smmu.walks", "walks", "Table walks begun", s -> s.smmu().walks()),
          machine(
              "smmu.descriptor.reads",
              "descriptors",
              "Translation table descriptors read",
              s -> s.smmu().descriptorReads()),
          machine(
              "smmu.stalls",
              "transactions",
              "Transactions that were stalled",
              s -> s.smmu().stalls()),
          machine(
              "smmu.events.lost",
              "records",
              "Event records that found the queue full",
              s -> s.smmu().eventsLost()),
          machine(
              "smmu.page.requests", "requests", "PRI queue records", s -> s.smmu().pageRequests()),
          machine(
              "smmu.automatic.responses",
              "responses",
              "Page requests that the SMMU answered by itself",
              s -> s.smmu().automaticResponses()),
          machine("sva.binds", "binds", "Address spaces bound to devices", s -> s.sva().binds()),
          machine("sva.unbinds", "binds", "Bonds undone", s -> s.sva().unbinds()),
          machine("sva.mm.exits", "processes", "Processes that died bound", s -> s.sva().mmExits()),
          machine(
              "sva.page.faults.handled",
              "requests",
              "Page requests answered with success",
              s -> s.sva().pageFaultsHandled()),
          machine(
              "sva.page.faults.refused",
              "requests",
              "Page requests answered otherwise",
              s -> s.sva().pageFaultsRefused()),
          machine(
              "verdict.data.mismatches",
              "bytes",
              "Comparisons that found other data",
              s -> s.verdict().dataMismatches()),
          machine(
              "verdict.stale.accesses",
              "packets",
              "Accesses without a live grant",
              s -> s.verdict().staleAccesses()),
          machine(
              "verdict.overdue.accesses",
              "packets",
              "Accesses under a grant whose invalidation was given up without an answer",
              s -> s.verdict().overdueAccesses()),
          machine(
              "verdict.freed.under.grant",
              "frames",
              "Frames freed while a device could reach them",
              s -> s.verdict().freedUnderGrant()),
          machine(
              "verdict.protocol.violations",
              "packets",
              "Packets and links that broke the protocol",
              s -> s.verdict().protocolViolations()),
          machine(
              "verdict.unended.operations",
              "operations",
              "Operations that did not end: their device was lost, stopped or silent",
              s -> s.verdict().unendedOperations()),
          machine(
              "checked.operations",
              "operations",
              "Operations given to devices",
              s -> s.verdict().checked().operations()),
          machine(
              "checked.data",
              "bytes",
              "Bytes compared with what they must be",
              s -> s.verdict().checked().bytesCompared()),
          machine(
              "checked.accesses",
              "packets",
              "Accesses compared with the grants",
              s -> s.verdict().checked().accessesChecked()),
          machine(
              "checked.grants.revoked",
              "grants",
              "Grants revoked by completed invalidations",
              s -> s.verdict().checked().grantsRevoked()),
          machine(
              "checked.frames.freed",
              "frames",
              "Freed frames compared with the grants",
              s -> s.verdict().checked().framesFreed()),
          machine(
              "checked.packets",
              "packets",
              "Packets judged",
              s -> s.verdict().checked().packetsJudged()));

  /** The same of each cache of the SMMU. */
  static final List<OfMachine> CACHE_COUNTERS =
      ofEachCache(
          new OfCache("lookups", "lookups", "lookups", CacheSummary::lookups),
          new OfCache("hits", "lookups", "lookups that hit", CacheSummary::hits),
          new OfCache("insertions", "entries", "entries inserted", CacheSummary::insertions),
          new OfCache("evictions", "entries", "entries evicted", CacheSummary::evictions),
          new OfCache(
              "invalidated", "entries", "entries dropped by commands", CacheSummary::invalidated));

  static final List<OfMachine> CACHE_GAUGES =
      ofEachCache(new OfCache("resident", "entries", "entries now", CacheSummary::resident));

  static final List<OfMachine> GAUGES =
      List.of(
          machine(
              "smmu.stalled",
              "transactions",
              "Transactions stalled now",
              s -> s.smmu().stalledNow()),
          machine("devices", "devices", "Devices known to the machine", s -> s.devices().size()),
          machine("sva.pasids.live", "pasids", "PASIDs bound now", s -> s.sva().pasidsLive()),
          machine(
              "sva.pasids.quarantined",
              "pasids",
              "PASIDs that wait for a device to be reset or detached",
              s -> s.sva().pasidsQuarantined()));

  static final List<ByKind> COUNTERS_BY_KIND =
      List.of(
          new ByKind(
              "smmulator.smmu.commands",
              "commands",
              "Commands consumed, by opcode",
              s -> s.smmu().commands()),
          new ByKind(
              "smmulator.smmu.events",
              "records",
              "Events recorded, by type",
              s -> s.smmu().events()),
          new ByKind(
              "smmulator.sva.notifier.calls",
              "calls",
              "MMU notifier calls, by kind",
              s -> s.sva().notifierCalls()));

  private Meters() {}

  /** Units are not part of the names: most meters would repeat themselves. */
  private static String describe(String meaning, String unit) {
    return meaning + " [" + unit + "]";
  }

  private static OfDevice device(
      String name, String unit, String meaning, Function<DeviceSummary, @Nullable Long> value) {
    return new OfDevice("smmulator." + name, unit, meaning, value);
  }

  private static List<OfMachine> ofEachCache(OfCache... meters) {
    List<OfMachine> all = new ArrayList<>();
    for (OfCache meter : meters) {
      all.add(ofCache("tlb", "TLB", meter, s -> s.smmu().tlb()));
      all.add(ofCache("walk.cache", "Walk cache", meter, s -> s.smmu().walkCache()));
      all.add(
          ofCache(
              "configuration", "Configuration cache", meter, s -> s.smmu().configurationCache()));
    }
    return all;
  }

  private static OfMachine ofCache(
      String name, String words, OfCache meter, Function<Summary, CacheSummary> cache) {
    return machine(
        "smmu." + name + "." + meter.name(),
        meter.unit(),
        words + " " + meter.meaning(),
        s -> meter.value().applyAsLong(cache.apply(s)));
  }

  private static OfMachine machine(
      String name, String unit, String meaning, ToLongFunction<Summary> value) {
    return new OfMachine("smmulator." + name, unit, meaning, value);
  }
}
