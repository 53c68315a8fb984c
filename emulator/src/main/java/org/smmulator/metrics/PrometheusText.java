package org.smmulator.metrics;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.smmulator.counter.Counts;
import org.smmulator.pcie.RoundTrips;

/** A summary in the text format that Prometheus reads: the numbers of {@link Meters}. */
public final class PrometheusText {
  /** Of what {@link #write} returns, without its character set. */
  public static final String CONTENT_TYPE = "text/plain; version=0.0.4";

  private static final double NANOS_PER_SECOND = 1e9;

  private PrometheusText() {}

  /**
   * Every meter that has a number.
   *
   * @param machine its name, a label of all
   */
  public static String write(String machine, Summary summary) {
    List<MetricSnapshot> metrics = new ArrayList<>();
    for (List<Meter> part : Meters.PARTS.values()) {
      for (Meter meter : part) {
        Points points = new Points(meter, machine);
        meter.numbers().read(summary, points);
        if (!points.labels.isEmpty()) {
          metrics.add(points.snapshot());
        }
      }
    }
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try {
      PrometheusTextFormatWriter.create().write(text, new MetricSnapshots(metrics));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // It is written to memory.
    }
    return text.toString(StandardCharsets.UTF_8);
  }

  /** The numbers of one meter, under their labels. */
  private static final class Points implements Meter.Samples {
    private final Meter meter;
    private final String machine;
    private final List<Labels> labels = new ArrayList<>();
    private final List<Long> numbers = new ArrayList<>();
    private final List<RoundTrips> histograms = new ArrayList<>();

    Points(Meter meter, String machine) {
      this.meter = meter;
      this.machine = machine;
    }

    @Override
    public void number(long number, List<String> values) {
      if (number != Counts.UNKNOWN) {
        labels.add(labels(values));
        numbers.add(number);
      }
    }

    @Override
    public void roundTrips(RoundTrips roundTrips, List<String> values) {
      labels.add(labels(values));
      histograms.add(roundTrips);
    }

    private Labels labels(List<String> values) {
      return Labels.of(meter.labels(), values).add("machine", machine);
    }

    MetricSnapshot snapshot() {
      String help = meter.meaning() + " [" + meter.unit() + "]";
      return switch (meter.type()) {
        case COUNTER -> counter().name(meter.name()).help(help).build();
        case GAUGE -> gauge().name(meter.name()).help(help).build();
        case HISTOGRAM -> histogram().name(meter.name()).help(help).build();
        case INFO ->
            InfoSnapshot.builder()
                .name(meter.name())
                .help(help)
                .dataPoint(InfoDataPointSnapshot.builder().labels(labels.get(0)).build())
                .build();
      };
    }

    private CounterSnapshot.Builder counter() {
      CounterSnapshot.Builder counter = CounterSnapshot.builder();
      for (int i = 0; i < labels.size(); i++) {
        counter.dataPoint(
            CounterDataPointSnapshot.builder().labels(labels.get(i)).value(numbers.get(i)).build());
      }
      return counter;
    }

    private GaugeSnapshot.Builder gauge() {
      GaugeSnapshot.Builder gauge = GaugeSnapshot.builder();
      for (int i = 0; i < labels.size(); i++) {
        gauge.dataPoint(
            GaugeDataPointSnapshot.builder().labels(labels.get(i)).value(numbers.get(i)).build());
      }
      return gauge;
    }

    private HistogramSnapshot.Builder histogram() {
      HistogramSnapshot.Builder histogram = HistogramSnapshot.builder();
      for (int i = 0; i < labels.size(); i++) {
        RoundTrips measured = histograms.get(i);
        histogram.dataPoint(
            HistogramDataPointSnapshot.builder()
                .labels(labels.get(i))
                .classicHistogramBuckets(buckets(measured))
                .sum(measured.sumNanos() / NANOS_PER_SECOND)
                .build());
      }
      return histogram;
    }

    private static ClassicHistogramBuckets buckets(RoundTrips measured) {
      ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
      for (int i = 0; i < measured.counts().size(); i++) {
        double bound =
            i == RoundTrips.BOUNDS_NANOS.size()
                ? Double.POSITIVE_INFINITY
                : RoundTrips.BOUNDS_NANOS.get(i) / NANOS_PER_SECOND;
        buckets.bucket(bound, measured.counts().get(i));
      }
      return buckets.build();
    }
  }
}
