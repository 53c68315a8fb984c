package org.smmulator.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.wire.LatencyHistogram;
import org.smmulator.counter.CounterRow.Kind;
import org.smmulator.counter.CounterRow.Spelling;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.DeviceCounters.Percentiles;

/**
 * Binds every count of a machine to a registry; Prometheus spells the dots of names as underscores.
 * All meters read one summary, taken by {@link #refresh}, which also adds the meters of devices,
 * commands and events that appeared since. A device that left keeps its meters, with their last
 * values.
 */
public final class SummaryMeters implements MeterBinder {
  /** Counts by a name that appears with the first count, in the tag {@code kind}. */
  private record ByKind(
      String name, String description, Function<Summary, Map<? extends Enum<?>, Long>> counts) {}

  private static final List<ByKind> BY_KIND =
      List.of(
          new ByKind(
              "smmulator.smmu.commands",
              "Commands consumed, by opcode [commands]",
              s -> s.smmu().commands()),
          new ByKind(
              "smmulator.smmu.events",
              "Faults and errors recorded, by type [records]",
              s -> s.smmu().events()));

  private final Supplier<Summary> source;
  private final Set<String> bound = new HashSet<>();

  /** By meter, and by device and meter; of the device that had an ID last. */
  private volatile Map<String, Double> latest = Map.of();

  private volatile Summary summary = Summary.EMPTY;

  public SummaryMeters(Supplier<Summary> source) {
    this.source = source;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    for (Shown shown : Shown.ofMachine(Summary.EMPTY)) {
      bind(registry, shown, shown.meter(), Tags.empty());
    }
    Gauge.builder("smmulator.devices", this, m -> m.summary.devices().size())
        .description("Devices known to the machine [devices]")
        .register(registry);
    refresh(registry);
  }

  /** Takes a new summary; call before the registry is read. */
  public synchronized void refresh(MeterRegistry registry) {
    summary = source.get();
    Map<String, Double> numbers = new HashMap<>();
    Shown.ofMachine(summary).forEach(shown -> numbers.put(shown.meter(), shown.number()));
    for (DeviceCounters device : summary.devices()) {
      Shown.ofDevice(device)
          .forEach(shown -> numbers.put(device.id() + shown.meter(), shown.number()));
    }
    latest = numbers;
    for (DeviceCounters device : summary.devices()) {
      if (bound.add("device " + device.id())) {
        bindDevice(registry, device);
      }
    }
    for (ByKind meter : BY_KIND) {
      for (Enum<?> kind : meter.counts().apply(summary).keySet()) {
        if (bound.add(meter.name() + " " + kind)) {
          bindKind(registry, meter, kind);
        }
      }
    }
  }

  /**
   * @param key of the number in {@link #latest}
   */
  private void bind(MeterRegistry registry, Shown shown, String key, Tags tags) {
    if (shown.row().facts().kind() == Kind.COUNTER) {
      FunctionCounter.builder(shown.meter(), this, m -> m.number(key))
          .tags(tags)
          .description(shown.description())
          .register(registry);
    } else {
      Gauge.builder(shown.meter(), this, m -> m.number(key))
          .tags(tags)
          .description(shown.description())
          .register(registry);
    }
  }

  private double number(String key) {
    return latest.getOrDefault(key, Double.NaN);
  }

  private void bindDevice(MeterRegistry registry, DeviceCounters device) {
    Tags tags = Tags.of("device", device.id(), "model", device.model());
    for (Shown shown : Shown.ofDevice(device)) {
      bind(registry, shown, device.id() + shown.meter(), tags);
    }
    for (LatencyHistogram kind : LatencyHistogram.values()) {
      bindLatency(registry, kind, device.id(), tags.and("quantile", "0.5"), Percentiles::p50);
      bindLatency(registry, kind, device.id(), tags.and("quantile", "0.99"), Percentiles::p99);
    }
  }

  private void bindLatency(
      MeterRegistry registry,
      LatencyHistogram kind,
      String id,
      Tags tags,
      ToLongFunction<Percentiles> quantile) {
    TimeGauge.builder(
            "smmulator." + Spelling.dotted(kind.name()) + ".latency",
            this,
            TimeUnit.NANOSECONDS,
            m -> {
              Percentiles latency = m.latency(id, kind);
              return latency == null ? Double.NaN : quantile.applyAsLong(latency);
            })
        .tags(tags)
        .description("Round trip of one kind: " + Spelling.words(kind.name()) + " [seconds]")
        .register(registry);
  }

  /** Of the device that had the id last. */
  private @Nullable Percentiles latency(String id, LatencyHistogram kind) {
    Percentiles latency = null;
    for (DeviceCounters device : summary.devices()) {
      if (device.id().equals(id)) {
        latency = device.latency(kind);
      }
    }
    return latency;
  }

  private void bindKind(MeterRegistry registry, ByKind meter, Enum<?> kind) {
    FunctionCounter.builder(meter.name(), this, m -> count(meter.counts().apply(m.summary), kind))
        .tag("kind", kind.name())
        .description(meter.description())
        .register(registry);
  }

  private static long count(Map<? extends Enum<?>, Long> counts, Enum<?> kind) {
    Long count = counts.get(kind);
    return count == null ? 0 : count;
  }
}
