package org.smmulator.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.event.EventType;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.LatencyHistogram;
import org.smmulator.bus.wire.WorkingSetCurve;
import org.smmulator.counter.CounterRow;
import org.smmulator.counter.CounterRow.Spelling;
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
import org.smmulator.smmu.port.SmmuCounters;
import org.smmulator.vfio.VfioCounter;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A summary as JSON, each count where {@link Shown} places it, and back; null is unknown. */
public final class SummaryJson {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  private SummaryJson() {}

  public static String write(Summary summary) {
    ObjectNode root = JSON.createObjectNode();
    for (DeviceCounters device : summary.devices()) {
      root.withArray("devices").add(device(device));
    }
    root.withArray("devices");
    put(root, Shown.ofMachine(summary));
    summary.smmu().caches().forEach((cache, c) -> ratio(root, place(cache), Shown.hitRatio(c)));
    byName(root.withObject(Shown.SMMU + "/commands"), summary.smmu().commands());
    byName(root.withObject(Shown.SMMU + "/events"), summary.smmu().events());
    StepJson.write(summary.steps(), root.withArray(StepJson.STEPS));
    verdict(root.withObject(Shown.VERDICT), summary.verdict());
    return JSON.writeValueAsString(root) + "\n";
  }

  public static void write(Summary summary, Path file) throws IOException {
    Files.writeString(file, write(summary));
  }

  private static String place(SmmuCache cache) {
    return Shown.place(cache);
  }

  private static ObjectNode device(DeviceCounters device) {
    ObjectNode node = JSON.createObjectNode();
    node.put("id", device.id()).put("name", device.name()).put("model", device.model());
    node.put("attached", device.attached()).put("answering", device.answering());
    node.put("isolated", device.isolated());
    put(node, Shown.ofDevice(device));
    ratio(node, Shown.ATC, Shown.hitRatio(device));
    for (LatencyHistogram kind : LatencyHistogram.values()) {
      JsonNode latency = JSON.valueToTree(device.latency(kind));
      node.withObject("/latencies").set(Spelling.camelCase(kind.name()), latency);
    }
    ArrayNode curves = node.putArray("workingSet");
    device.workingSet().forEach(curve -> put(curves.addObject(), curve));
    ArrayNode pasids = node.putArray("pasids");
    device.pasids().forEach(pasid -> put(pasids.addObject(), pasid));
    return node;
  }

  private static void put(ObjectNode root, List<Shown> counts) {
    for (Shown shown : counts) {
      int name = shown.pointer().lastIndexOf('/');
      ObjectNode place = name == 0 ? root : root.withObject(shown.pointer().substring(0, name));
      place.put(
          shown.pointer().substring(name + 1),
          shown.value() == Counts.UNKNOWN ? null : shown.value());
    }
  }

  private static void ratio(ObjectNode root, String place, double ratio) {
    root.withObject(place).put("hitRatio", Double.isNaN(ratio) ? null : ratio);
  }

  private static void byName(ObjectNode node, Map<? extends Enum<?>, Long> counts) {
    Map<String, Long> sorted = new TreeMap<>();
    counts.forEach((key, count) -> sorted.put(key.name(), count));
    sorted.forEach(node::put);
  }

  private static void verdict(ObjectNode node, Verdict verdict) {
    node.put("applies", verdict.applies()).put("cutShort", verdict.cutShort());
    node.put("clean", verdict.clean()).put("passed", verdict.passed());
    node.put("outcome", verdict.outcome().name());
    node.set("violations", JSON.valueToTree(verdict.violations()));
    node.put("violationsLeftOut", verdict.violationsLeftOut());
    ExpectationResults expected = verdict.expectations();
    ObjectNode results = node.putObject("expectations");
    results.put("decide", expected.decide());
    results.put("met", expected.met()).put("unmet", expected.unmet());
    ArrayNode sentences = results.putArray("sentences");
    expected.sentences().forEach(sentences::add);
    ObjectNode violations = results.putObject("violations");
    expected.violations().forEach((row, n) -> violations.put(Spelling.camelCase(row.name()), n));
  }

  private static ExpectationResults expectations(JsonNode node) {
    List<String> sentences = new ArrayList<>();
    required(node, "/sentences").forEach(sentence -> sentences.add(sentence.stringValue()));
    return new ExpectationResults(
        required(node, "/decide").booleanValue(),
        number(node, "/met"),
        number(node, "/unmet"),
        sentences,
        Counts.of(
            VerdictCounter.class,
            row -> number(node, "/violations/" + Spelling.camelCase(row.name()))));
  }

  /** Reads what {@link #write} wrote; the exception's message is half a sentence. */
  public static Summary read(String json) throws IOException {
    try {
      return summary(JSON.readTree(json));
    } catch (JacksonException e) {
      throw new IOException("not a machine's summary: " + e.getOriginalMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new IOException("not a machine's summary: " + e.getMessage(), e);
    }
  }

  private static Summary summary(JsonNode root) {
    List<DeviceCounters> devices = new ArrayList<>();
    required(root, "/devices").forEach(device -> devices.add(device(device)));
    return new Summary(
        devices,
        counts(root, Shown.LINKS, LinkCounter.class),
        counts(root, Shown.RULES_BROKEN, ProtocolRule.class),
        counts(root, Shown.VFIO_USER, VfioCounter.class),
        new SmmuCounters(
            SmmuCounters.ofCaches(cache -> counts(root, place(cache), CacheCounter.class)),
            counts(root, Shown.SMMU, SmmuCounter.class),
            byName(required(root, Shown.SMMU + "/commands"), CommandOpcode.class),
            byName(required(root, Shown.SMMU + "/events"), EventType.class)),
        counts(root, Shown.DRIVER, DriverCounter.class),
        counts(root, Shown.MM, MmCounter.class),
        counts(root, Shown.NOTIFIER_CALLS, NotifierCall.class),
        counts(root, Shown.SVA, SvaCounter.class),
        new Verdict(
            required(root, Shown.VERDICT + "/applies").booleanValue(),
            required(root, Shown.VERDICT + "/cutShort").booleanValue(),
            counts(root, Shown.VERDICT, VerdictCounter.class),
            counts(root, Shown.CHECKED, CheckedCounter.class),
            List.of(
                JSON.treeToValue(
                    required(root, Shown.VERDICT + "/violations"), ViolationSummary[].class)),
            number(root, Shown.VERDICT + "/violationsLeftOut"),
            expectations(required(root, Shown.VERDICT + "/expectations"))),
        StepJson.read(root));
  }

  private static DeviceCounters device(JsonNode node) {
    Map<LatencyHistogram, RoundTrips> latencies = new EnumMap<>(LatencyHistogram.class);
    for (LatencyHistogram kind : LatencyHistogram.values()) {
      JsonNode latency = required(node, "/latencies/" + Spelling.camelCase(kind.name()));
      @Nullable RoundTrips measured = JSON.treeToValue(latency, RoundTrips.class);
      if (measured != null) {
        latencies.put(kind, measured);
      }
    }
    return new DeviceCounters(
        required(node, "/id").stringValue(),
        required(node, "/name").stringValue(),
        required(node, "/model").stringValue(),
        required(node, "/attached").booleanValue(),
        node.path("isolated").stringValue(null),
        counts(node, "", FunctionCounter.class),
        Counts.of(DeviceCounter.class, row -> number(node, Shown.pointer(row))),
        workingSet(required(node, "/workingSet")),
        pasids(required(node, "/pasids")),
        latencies);
  }

  /** Sizes and hits side by side, each in one array. */
  private static void put(ObjectNode node, WorkingSetCurve curve) {
    node.put("sets", curve.sets()).put("accesses", curve.accesses());
    node.put("onePageIn", curve.onePageIn());
    ArrayNode entries = node.putArray("entries");
    ArrayNode hits = node.putArray("hits");
    for (WorkingSetCurve.Point point : curve.points()) {
      entries.add(point.entries());
      hits.add(point.hits());
    }
  }

  private static void put(ObjectNode node, PasidCounts pasid) {
    node.put("pasid", pasid.pasid()).put("process", pasid.process());
    for (PasidCounter row : PasidCounter.values()) {
      long count = pasid.counts().of(row);
      node.put(Spelling.camelCase(row.name()), count == Counts.UNKNOWN ? null : count);
    }
  }

  private static List<PasidCounts> pasids(JsonNode node) {
    List<PasidCounts> pasids = new ArrayList<>();
    for (JsonNode pasid : node) {
      pasids.add(
          new PasidCounts(
              required(pasid, "/pasid").stringValue(),
              required(pasid, "/process").stringValue(),
              counts(pasid, "", PasidCounter.class)));
    }
    return pasids;
  }

  private static List<WorkingSetCurve> workingSet(JsonNode node) {
    List<WorkingSetCurve> curves = new ArrayList<>();
    for (JsonNode curve : node) {
      List<WorkingSetCurve.Point> points = new ArrayList<>();
      JsonNode entries = required(curve, "/entries");
      for (int i = 0; i < entries.size(); i++) {
        long hits = number(curve, "/hits/" + i);
        points.add(new WorkingSetCurve.Point(entries.get(i).intValue(), hits));
      }
      int sets = required(curve, "/sets").intValue();
      long accesses = number(curve, "/accesses");
      curves.add(new WorkingSetCurve(sets, accesses, number(curve, "/onePageIn"), points));
    }
    return curves;
  }

  private static <R extends Enum<R> & CounterRow> Counts<R> counts(
      JsonNode root, String place, Class<R> rows) {
    return Counts.of(rows, row -> number(root, Shown.pointer(place, row)));
  }

  private static <E extends Enum<E>> Map<E, Long> byName(JsonNode node, Class<E> type) {
    Map<E, Long> counts = new EnumMap<>(type);
    node.properties()
        .forEach(e -> counts.put(Enum.valueOf(type, e.getKey()), e.getValue().longValue()));
    return counts;
  }

  static long number(JsonNode root, String pointer) {
    JsonNode number = required(root, pointer);
    return number.isNull() ? Counts.UNKNOWN : number.longValue();
  }

  static JsonNode required(JsonNode root, String pointer) {
    JsonNode node = root.at(pointer);
    if (node.isMissingNode()) {
      throw new IllegalArgumentException(pointer + " is missing");
    }
    return node;
  }
}
