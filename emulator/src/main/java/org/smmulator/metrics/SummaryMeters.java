package org.smmulator.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.metrics.Latencies.Percentiles;

/**
 * Binds {@link Meters} to a registry. All meters read one summary, taken by {@link #refresh}, which
 * also adds the meters of devices and kinds that appeared since. A device that left keeps its
 * meters, with their last values.
 */
public final class SummaryMeters implements MeterBinder {
  private final Supplier<Summary> source;
  private final Set<String> bound = new HashSet<>();
  private volatile Summary latest = Summary.EMPTY;

  public SummaryMeters(Supplier<Summary> source) {
    this.source = source;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    bindCounters(registry, Meters.COUNTERS);
    bindCounters(registry, Meters.CACHE_COUNTERS);
    bindGauges(registry, Meters.GAUGES);
    bindGauges(registry, Meters.CACHE_GAUGES);
    refresh(registry);
  }

  private void bindCounters(MeterRegistry registry, List<Meters.OfMachine> meters) {
    for (Meters.OfMachine meter : meters) {
      FunctionCounter.builder(meter.name(), this, m -> meter.value().applyAsLong(m.latest))
          .description(meter.description())
          .register(registry);
    }
  }

  private void bindGauges(MeterRegistry registry, List<Meters.OfMachine> meters) {
    for (Meters.OfMachine meter : meters) {
      Gauge.builder(meter.name(), this, m -> meter.value().applyAsLong(m.latest))
          .description(meter.description())
          .register(registry);
    }
  }

  /** Takes a new summary; call before the registry is read. */
  public synchronized void refresh(MeterRegistry registry) {
    latest = source.get();
    for (DeviceSummary device : latest.devices()) {
      if (bound.add("device " + device.id())) {
        bindDevice(registry, device.id(), Tags.of("device", device.id(), "model", device.model()));
      }
    }
    for (Meters.ByKind meter : Meters.COUNTERS_BY_KIND) {
      for (String kind : meter.value().apply(latest).keySet()) {
        if (bound.add(meter.name() + " " + kind)) {
          bindKind(registry, meter, kind);
        }
      }
    }
  }

  private void bindDevice(MeterRegistry registry, String id, Tags tags) {
    for (Meters.OfDevice meter : Meters.DEVICE_COUNTERS) {
      FunctionCounter.builder(meter.name(), this, m -> m.count(id, meter.value()))
          .tags(tags)
          .description(meter.description())
          .register(registry);
    }
    for (Meters.OfDevice meter : Meters.DEVICE_GAUGES) {
      Gauge.builder(meter.name(), this, m -> m.count(id, meter.value()))
          .tags(tags)
          .description(meter.description())
          .register(registry);
    }
    for (Meters.Latency meter : Meters.DEVICE_LATENCIES) {
      bindLatency(registry, meter, id, tags.and("quantile", "0.5"), Percentiles::p50);
      bindLatency(registry, meter, id, tags.and("quantile", "0.99"), Percentiles::p99);
    }
  }

  private void bindLatency(
      MeterRegistry registry,
      Meters.Latency meter,
      String id,
      Tags tags,
      Function<Percentiles, Long> quantile) {
    TimeGauge.builder(
            meter.name(),
            this,
            TimeUnit.NANOSECONDS,
            m -> m.count(id, d -> quantileOf(meter.value().apply(d), quantile)))
        .tags(tags)
        .description(meter.description())
        .register(registry);
  }

  private static @Nullable Long quantileOf(
      @Nullable Percentiles latency, Function<Percentiles, Long> quantile) {
    return latency == null ? null : quantile.apply(latency);
  }

  private void bindKind(MeterRegistry registry, Meters.ByKind meter, String kind) {
    FunctionCounter.builder(
            meter.name(), this, m -> meter.value().apply(m.latest).getOrDefault(kind, 0L))
        .tag("kind", kind)
        .description(meter.description())
        .register(registry);
  }

  /** Of the device that had the id last. */
  private double count(String id, Function<DeviceSummary, @Nullable Long> value) {
    Long count = null;
    for (DeviceSummary device : latest.devices()) {
      if (device.id().equals(id)) {
        count = value.apply(device);
      }
    }
    return count == null ? Double.NaN : count;
  }
}
