package org.smmulator.metrics;

import static org.smmulator.counter.CounterRow.Spelling;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.event.EventType;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.LatencyHistogram;
import org.smmulator.counter.CounterRow;
import org.smmulator.counter.CounterRow.Kind;
import org.smmulator.counter.Counts;
import org.smmulator.guest.iommu.smmuv3.DriverCounter;
import org.smmulator.guest.mm.MmCounter;
import org.smmulator.guest.mm.NotifierCall;
import org.smmulator.guest.sva.SvaCounter;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.pcie.LinkCounter;
import org.smmulator.pcie.PasidCounter;
import org.smmulator.pcie.PasidCounts;
import org.smmulator.pcie.ProtocolRule;
import org.smmulator.pcie.RoundTrips;
import org.smmulator.smmu.port.CacheCounter;
import org.smmulator.smmu.port.SmmuCache;
import org.smmulator.smmu.port.SmmuCounter;
import org.smmulator.vfio.VfioCounter;

/**
 * Every meter of a machine, by part. {@code METRICS.md} is written from this list. A count that an
 * enum lists is a meter by being listed; those that differ in one thing only are one meter with a
 * label.
 */
final class Meters {
  private static final Set<SvaCounter> PASID_STATES =
      EnumSet.of(SvaCounter.PASIDS_LIVE, SvaCounter.PASIDS_QUARANTINED);
  private static final List<String> DEVICE = List.of("device", "name", "model");

  /** In the order in which they are shown. */
  static final Map<String, List<Meter>> PARTS = parts();

  private Meters() {}

  private static Map<String, List<Meter>> parts() {
    Map<String, List<Meter>> parts = new LinkedHashMap<>();
    parts.put("The machine", machine());
    parts.put("Verdict", verdict());
    parts.put("Devices", devices());
    parts.put("Bus", bus());
    parts.put("SMMU", smmu());
    parts.put("Guest kernel", guest());
    return parts;
  }

  private static List<Meter> machine() {
    Meter build =
        new Meter(
            "smmulator_build",
            Meter.Type.INFO,
            "machines",
            "Version of the emulator and of its Java runtime",
            List.of("version", "java"),
            (summary, to) -> to.number(1, List.of(version(), System.getProperty("java.version"))));
    return List.of(
        build,
        single(
            "smmulator_devices",
            Meter.Type.GAUGE,
            "devices",
            "Devices known to the machine",
            Meters::attached));
  }

  private static long attached(Summary summary) {
    return summary.devices().stream().filter(DeviceCounters::attached).count();
  }

  private static String version() {
    String version = Meters.class.getPackage().getImplementationVersion();
    return version == null ? "unknown" : version;
  }

  private static List<Meter> verdict() {
    List<Meter> meters = new ArrayList<>();
    meters.add(
        byLabel(
            "smmulator_violations",
            Meter.Type.COUNTER,
            "violations",
            "What must never happen and did; any but 0 fails a run",
            "kind",
            EnumSet.complementOf(EnumSet.of(VerdictCounter.UNENDED_OPERATIONS)),
            s -> s.verdict()::found));
    meters.add(
        row(
            "smmulator",
            VerdictCounter.UNENDED_OPERATIONS,
            s -> s.verdict().found(VerdictCounter.UNENDED_OPERATIONS)));
    rows(meters, "smmulator_checked", CheckedCounter.class, s -> s.verdict().checked());
    return meters;
  }

  private static List<Meter> bus() {
    List<Meter> meters = new ArrayList<>();
    rows(meters, "smmulator_links", LinkCounter.class, Summary::links);
    meters.add(
        byLabel(
            "smmulator_rules_broken",
            Meter.Type.COUNTER,
            "violations",
            "Rules of the bus broken by devices and peers, each time",
            "rule",
            EnumSet.allOf(ProtocolRule.class),
            s -> s.rulesBroken()::of));
    rows(meters, "smmulator_vfio_user", VfioCounter.class, Summary::vfioUser);
    return meters;
  }

  private static List<Meter> smmu() {
    List<Meter> meters = new ArrayList<>();
    for (CacheCounter row : CacheCounter.values()) {
      meters.add(
          byLabel(
              name("smmulator_smmu_cache", row),
              type(row),
              row.facts().unit(),
              "SMMU caches: " + row.facts().meaning(),
              "cache",
              EnumSet.allOf(SmmuCache.class),
              s -> cache -> s.smmu().cache(cache).of(row)));
    }
    rows(meters, "smmulator_smmu", SmmuCounter.class, s -> s.smmu().counts());
    meters.add(
        byLabel(
            "smmulator_smmu_commands",
            Meter.Type.COUNTER,
            "commands",
            "Commands consumed",
            "opcode",
            EnumSet.allOf(CommandOpcode.class),
            s -> opcode -> s.smmu().commands().getOrDefault(opcode, 0L)));
    meters.add(
        byLabel(
            "smmulator_smmu_events",
            Meter.Type.COUNTER,
            "records",
            "Faults and errors recorded, whether or not there was room",
            "type",
            EnumSet.allOf(EventType.class),
            s -> event -> s.smmu().events().getOrDefault(event, 0L)));
    return meters;
  }

  private static List<Meter> guest() {
    List<Meter> meters = new ArrayList<>();
    rows(meters, "smmulator_driver", DriverCounter.class, Summary::driver);
    rows(meters, "smmulator_mm", MmCounter.class, Summary::mm);
    meters.add(
        byLabel(
            "smmulator_notifier_calls",
            Meter.Type.COUNTER,
            "calls",
            "Callbacks of MMU notifiers, once for each notifier called",
            "callback",
            EnumSet.allOf(NotifierCall.class),
            s -> s.notifierCalls()::of));
    for (SvaCounter row : EnumSet.complementOf(EnumSet.copyOf(PASID_STATES))) {
      meters.add(row("smmulator_sva", row, s -> s.sva().of(row)));
    }
    meters.add(
        new Meter(
            "smmulator_pasids",
            Meter.Type.GAUGE,
            "pasids",
            "PASIDs in use (live), or waiting for a device to be reset or detached (quarantined)",
            List.of("state"),
            (summary, to) -> {
              for (SvaCounter row : PASID_STATES) {
                String state = row.name().replace("PASIDS_", "").toLowerCase(Locale.ROOT);
                to.number(summary.sva().of(row), List.of(state));
              }
            }));
    return meters;
  }

  private static List<Meter> devices() {
    List<Meter> meters = new ArrayList<>();
    meters.add(
        device(
            "smmulator_device_attached",
            Meter.Type.GAUGE,
            "devices",
            "1 while the device is attached, 0 when it has left",
            d -> d.attached() ? 1 : 0));
    meters.add(
        device(
            "smmulator_device_answering",
            Meter.Type.GAUGE,
            "devices",
            "0 from an invalidation that timed out until the device is reset or attached anew",
            d -> d.answering() ? 1 : 0));
    for (FunctionCounter row : FunctionCounter.values()) {
      meters.add(
          device(
              name("smmulator_device", row),
              type(row),
              row.facts().unit(),
              row.facts().meaning(),
              d -> d.count(row)));
    }
    for (DeviceCounter row : DeviceCounter.values()) {
      String name =
          row.isOfAtc()
              ? "smmulator_atc_" + lower(row).replaceFirst("^atc_", "")
              : name("smmulator_device_reported", row);
      String meaning = row.facts().meaning() + ", as the device reports";
      meters.add(device(name, type(row), row.facts().unit(), meaning, d -> d.reported(row)));
    }
    for (PasidCounter row : PasidCounter.values()) {
      meters.add(ofPasids(row));
    }
    for (LatencyHistogram kind : LatencyHistogram.values()) {
      meters.add(latency(kind));
    }
    return meters;
  }

  private static Meter ofPasids(PasidCounter row) {
    List<String> names = new ArrayList<>(DEVICE);
    names.addAll(List.of("pasid", "process"));
    return new Meter(
        name("smmulator_pasid", row),
        type(row),
        row.facts().unit(),
        row.facts().meaning(),
        names,
        (summary, to) -> {
          for (DeviceCounters device : lastOfEachName(summary)) {
            for (PasidCounts pasid : device.pasids()) {
              List<String> values = new ArrayList<>(labels(device));
              values.addAll(List.of(pasid.pasid(), pasid.process()));
              to.number(pasid.counts().of(row), values);
            }
          }
        });
  }

  private static Meter latency(LatencyHistogram kind) {
    return new Meter(
        "smmulator_" + lower(kind) + "_latency_seconds",
        Meter.Type.HISTOGRAM,
        "seconds",
        "Round trips: "
            + switch (kind) {
              case TRANSLATION_REQUEST ->
                  "Translation Request to its last completion, as the device reports";
              case INVALIDATION -> "Invalidate Request to its last completion, at the root complex";
              case PAGE_REQUEST -> "Page Request to its group's response, as the device reports";
            },
        DEVICE,
        (summary, to) -> {
          for (DeviceCounters device : lastOfEachName(summary)) {
            RoundTrips measured = device.latency(kind);
            if (measured != null) {
              to.roundTrips(measured, labels(device));
            }
          }
        });
  }

  private static Meter device(
      String name,
      Meter.Type type,
      String unit,
      String meaning,
      ToLongFunction<DeviceCounters> number) {
    return new Meter(
        name,
        type,
        unit,
        meaning,
        DEVICE,
        (summary, to) -> {
          for (DeviceCounters device : lastOfEachName(summary)) {
            to.number(number.applyAsLong(device), labels(device));
          }
        });
  }

  private static List<String> labels(DeviceCounters device) {
    return List.of(device.id(), device.name(), device.model());
  }

  /** A device that came back under its name and ID stands for those that were it before. */
  private static Iterable<DeviceCounters> lastOfEachName(Summary summary) {
    Map<List<String>, DeviceCounters> last = new LinkedHashMap<>();
    for (DeviceCounters device : summary.devices()) {
      DeviceCounters other = last.get(labels(device));
      if (other == null || !other.attached()) {
        last.put(labels(device), device);
      }
    }
    return last.values();
  }

  private static <R extends Enum<R> & CounterRow> void rows(
      List<Meter> meters, String prefix, Class<R> type, Function<Summary, Counts<R>> counts) {
    for (R row : type.getEnumConstants()) {
      meters.add(row(prefix, row, s -> counts.apply(s).of(row)));
    }
  }

  private static Meter row(String prefix, CounterRow row, ToLongFunction<Summary> number) {
    return single(name(prefix, row), type(row), row.facts().unit(), row.facts().meaning(), number);
  }

  private static Meter single(
      String name, Meter.Type type, String unit, String meaning, ToLongFunction<Summary> number) {
    return new Meter(
        name,
        type,
        unit,
        meaning,
        List.of(),
        (summary, to) -> to.number(number.applyAsLong(summary)));
  }

  /** One number for each constant of an enum, which is its label. */
  private static <E extends Enum<E>> Meter byLabel(
      String name,
      Meter.Type type,
      String unit,
      String meaning,
      String label,
      Set<E> constants,
      Function<Summary, ToLongFunction<E>> numbers) {
    return new Meter(
        name,
        type,
        unit,
        meaning,
        List.of(label),
        (summary, to) -> {
          ToLongFunction<E> number = numbers.apply(summary);
          for (E constant : constants) {
            to.number(number.applyAsLong(constant), List.of(spelled(constant)));
          }
        });
  }

  /** What the specification names keeps its spelling. */
  private static String spelled(Enum<?> constant) {
    boolean specified = constant instanceof CommandOpcode || constant instanceof EventType;
    return specified ? constant.name() : lower(constant);
  }

  private static String name(String prefix, CounterRow row) {
    return prefix + "_" + Spelling.dotted(row.name()).replace('.', '_');
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static Meter.Type type(CounterRow row) {
    return row.facts().kind() == Kind.COUNTER ? Meter.Type.COUNTER : Meter.Type.GAUGE;
  }
}
