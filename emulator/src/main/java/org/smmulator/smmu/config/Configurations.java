package org.smmulator.smmu.config;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.event.EventType;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.structure.Ste;
import org.smmulator.counter.Counts;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.CacheCounter;
import org.smmulator.smmu.port.Transaction;
import org.smmulator.smmu.register.Registers;
import org.smmulator.smmu.tlb.TlbSpaces;

/**
 * Configuration lookup (IHI 0070 3.3): what is to be done with a transaction of one {StreamID,
 * SubstreamID}, from the cache or from guest memory. Structures are cached valid or not, until a
 * CFGI command names them.
 */
public final class Configurations {
  /** Key under which a stream table entry is cached by itself. */
  private static final int STREAM_ALONE = -2;

  private final StreamTable streamTable;
  private final ContextTable contextTable;
  private final ConfigurationCache cache;
  private final Refusals refusals = new Refusals();
  private long lookups;
  private long hits;

  /**
   * @param streams memory as fetches of the stream table see it
   * @param contexts the same memory as fetches of context descriptors see it
   */
  public Configurations(
      PhysicalMemory streams,
      PhysicalMemory contexts,
      IntermediateAddresses intermediate,
      Registers registers,
      TlbSpaces spaces,
      SmmuFeatures features) {
    streamTable = new StreamTable(streams, registers, spaces, features, refusals);
    contextTable = new ContextTable(contexts, intermediate, spaces, features, refusals);
    cache = new ConfigurationCache(features.caches().configurationEntries());
  }

  /** Configuration of a transaction. */
  public Configuration find(int streamId, int substreamId) {
    lookups++;
    Configuration cached = cache.get(streamId, substreamId);
    if (cached != null) {
      hits++;
      return cached;
    }
    Configuration configuration = resolve(streamId, substreamId);
    if (configuration.isCacheable()) {
      cache.put(streamId, substreamId, configuration);
    }
    return configuration;
  }

  /** Configuration of a stream, without a look at its context descriptors. */
  public Configuration findStream(int streamId) {
    lookups++;
    Configuration cached = cache.get(streamId, STREAM_ALONE);
    if (cached != null) {
      hits++;
      return cached;
    }
    return readStream(streamId);
  }

  private Configuration resolve(int streamId, int substreamId) {
    Configuration alone = cache.get(streamId, STREAM_ALONE);
    if (alone == null) {
      alone = readStream(streamId);
    }
    StreamTableEntry stream = alone.stream();
    if (stream == null || !stream.legal() || stream.isAbort()) {
      return alone;
    }
    boolean hasSubstream = substreamId != Transaction.NO_SUBSTREAM;
    if (hasSubstream && !names(stream, substreamId)) {
      return refusals.of(stream, EventType.C_BAD_SUBSTREAMID);
    }
    if (!stream.hasStage1()) {
      return alone;
    }
    if (hasSubstream) {
      return substreamId == 0 && stream.defaultSubstream() == Ste.S1DSS_SSID0
          ? refusals.of(stream, EventType.F_STREAM_DISABLED)
          : contextTable.read(streamId, stream, substreamId);
    }
    return stream.hasSubstreams()
        ? resolveDefault(streamId, stream)
        : contextTable.read(streamId, stream, 0);
  }

  /** A transaction without a substream, of a stream that has substreams. */
  private Configuration resolveDefault(int streamId, StreamTableEntry stream) {
    return switch (stream.defaultSubstream()) {
      case Ste.S1DSS_BYPASS -> Configuration.withoutStage1(stream);
      case Ste.S1DSS_SSID0 -> contextTable.read(streamId, stream, 0);
      default -> refusals.of(stream, EventType.F_STREAM_DISABLED);
    };
  }

  /**
   * What one descriptor of a stream's context table says, whoever may use it; is no lookup, and is
   * not cached.
   *
   * @param stream legal, with stage 1
   * @param index less than 2^{@link StreamTableEntry#contextsLog2}
   */
  public Configuration readContext(int streamId, StreamTableEntry stream, int index) {
    return contextTable.read(streamId, stream, index);
  }

  private static boolean names(StreamTableEntry stream, int substreamId) {
    return stream.hasStage1()
        && stream.hasSubstreams()
        && substreamId >>> stream.contextsLog2() == 0;
  }

  private Configuration readStream(int streamId) {
    Configuration alone = streamTable.read(streamId);
    if (alone.isCacheable()) {
      cache.put(streamId, STREAM_ALONE, alone);
    }
    return alone;
  }

  /** CFGI_STE: what was read through one stream table entry, and the way to it unless leaf-only. */
  public void invalidateStream(int streamId, boolean leafOnly) {
    cache.removeStreams(streamId, 0);
    contextTable.invalidateLevel1Of(streamId, 0);
    if (!leafOnly) {
      streamTable.invalidateLevel1(streamId);
    }
  }

  /** CFGI_STE_RANGE: everything read through 2^{@code spanLog2} stream table entries. */
  public void invalidateStreams(int streamId, int spanLog2) {
    cache.removeStreams(streamId, spanLog2);
    contextTable.invalidateLevel1Of(streamId, spanLog2);
    streamTable.invalidateLevel1();
  }

  /** CFGI_CD: one context descriptor, as read through one stream. */
  public void invalidateContext(int streamId, int substreamId, boolean leafOnly) {
    cache.remove(streamId, substreamId);
    @Nullable Configuration defaults = cache.get(streamId, Transaction.NO_SUBSTREAM);
    if (defaults != null && (substreamId == 0 || !hasSubstreams(defaults))) {
      cache.remove(streamId, Transaction.NO_SUBSTREAM);
    }
    if (!leafOnly) {
      contextTable.invalidateLevel1(streamId, substreamId);
    }
  }

  private static boolean hasSubstreams(Configuration configuration) {
    StreamTableEntry stream = configuration.stream();
    return stream != null && stream.hasSubstreams();
  }

  /** CFGI_CD_ALL: all context descriptors read through one stream. */
  public void invalidateContexts(int streamId) {
    cache.removeContexts(streamId);
    contextTable.invalidateLevel1Of(streamId, 0);
  }

  /** CFGI_ALL. */
  public void invalidateAll() {
    cache.clear();
    contextTable.invalidateLevel1Of(0, Integer.SIZE);
    streamTable.invalidateLevel1();
  }

  /** What is cached for transactions of a {StreamID, SubstreamID}; is no lookup. */
  public @Nullable Configuration peek(int streamId, int substreamId) {
    Configuration cached = cache.get(streamId, substreamId);
    return cached != null ? cached : cache.get(streamId, STREAM_ALONE);
  }

  /** What the cache of configurations has counted; a lookup is that of a transaction. */
  public Counts<CacheCounter> counters() {
    return Counts.of(
        CacheCounter.class,
        row ->
            switch (row) {
              case LOOKUPS -> lookups;
              case HITS -> hits;
              case INSERTIONS -> cache.insertions();
              case EVICTIONS -> cache.evictions();
              case INVALIDATED -> cache.invalidated();
              case RESIDENT -> cache.resident();
            });
  }
}
