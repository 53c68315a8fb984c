package org.smmulator.metrics;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.counter.CounterRow;
import org.smmulator.counter.Counts;
import org.smmulator.pcie.PasidCounter;
import org.smmulator.pcie.ProtocolRule;

/** Whatever is counted is shown in every form; who adds a counter that is not finds out here. */
class CounterRowsTest {
  private static final String DEVICE = "/devices/0";

  /** Where the counts of each enum stand in the JSON, typed here. */
  private static final Map<String, List<String>> PLACES =
      Map.ofEntries(
          entry("LinkCounter", List.of("/links")),
          entry("ProtocolRule", List.of("/links/rulesBroken")),
          entry("VfioCounter", List.of("/vfioUser")),
          entry("SmmuCounter", List.of("/smmu")),
          entry(
              "CacheCounter", List.of("/smmu/tlb", "/smmu/walkCache", "/smmu/configurationCache")),
          entry("DriverCounter", List.of("/smmuDriver")),
          entry("MmCounter", List.of("/mm")),
          entry("SvaCounter", List.of("/sva")),
          entry("NotifierCall", List.of("/sva/notifierCalls")),
          entry("VerdictCounter", List.of("/verdict")),
          entry("CheckedCounter", List.of("/verdict/checked")),
          entry("PasidCounter", List.of(DEVICE + "/pasids/0")),
          entry("FunctionCounter", List.of(DEVICE)),
          entry("DeviceCounter", List.of(DEVICE + "/atc", DEVICE + "/reported")));

  /** What a device counts of its ATC; the rest stands beside what the root complex counted. */
  private static final Set<String> OF_ATC = Set.of("INVALIDATION_REQUESTS", "ENTRIES_DROPPED");

  private static final Pattern NEXT_WORD = Pattern.compile("_(.)");

  private static final Display SHOWN = new Display(summary());
  private static final List<CounterRow> ROWS = findRows();

  /** All numbers differ. */
  private static Summary summary() {
    return Summaries.passed()
        .with(
            new Verdict(
                true,
                false,
                Counts.of(VerdictCounter.class, row -> 800 + row.slot()),
                Summaries.CHECKED,
                List.of(),
                0));
  }

  private static List<CounterRow> findRows() {
    return new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.smmulator")
            .stream()
            .filter(type -> type.isAssignableTo(CounterRow.class) && type.isEnum())
            .map(JavaClass::reflect)
            .flatMap(type -> Stream.of(type.getEnumConstants()))
            .map(CounterRow.class::cast)
            .toList();
  }

  static List<CounterRow> rows() {
    return ROWS;
  }

  private static List<String> pointers(CounterRow row) {
    String type = row.getClass().getSimpleName();
    assertThat(PLACES).as("has no place in the summary").containsKey(type);
    List<String> places = PLACES.getOrDefault(type, List.of());
    String name = row.name();
    if (type.equals("DeviceCounter")) {
      boolean ofAtc = name.startsWith("ATC_") || OF_ATC.contains(name);
      places = places.subList(ofAtc ? 0 : 1, ofAtc ? 1 : 2);
      name = name.replaceFirst("^ATC_", "");
    }
    String camelCase =
        NEXT_WORD
            .matcher(name.toLowerCase(Locale.ROOT))
            .replaceAll(found -> found.group(1).toUpperCase(Locale.ROOT));
    return places.stream().map(place -> place + "/" + camelCase).toList();
  }

  /** The name and the labels by which Prometheus knows a count, typed here. */
  private static String meter(CounterRow row, String pointer) {
    String name = row.name().toLowerCase(Locale.ROOT);
    String device = "device=\"00:04.0\",machine=\"shown\",model=\"dma\",name=\"small\"";
    String cache =
        pointer.replaceAll(".*/(.*)/.*", "$1").replaceAll("C", "_c").toLowerCase(Locale.ROOT);
    return switch (row.getClass().getSimpleName()) {
      case "LinkCounter" -> single(row, "links_" + name);
      case "ProtocolRule" -> labelled(row, "rules_broken", "machine=\"shown\",rule=\"" + name);
      case "VfioCounter" -> single(row, "vfio_user_" + name);
      case "SmmuCounter" -> single(row, "smmu_" + name);
      case "CacheCounter" ->
          labelled(row, "smmu_cache_" + name, "cache=\"" + cache + "\",machine=\"shown");
      case "DriverCounter" -> single(row, "driver_" + name);
      case "MmCounter" -> single(row, "mm_" + name);
      case "SvaCounter" ->
          name.matches("pasids_.*")
              ? labelled(row, "pasids", "machine=\"shown\",state=\"" + name.substring(7))
              : single(row, "sva_" + name);
      case "NotifierCall" ->
          labelled(row, "notifier_calls", "callback=\"" + name + "\",machine=\"shown");
      case "VerdictCounter" ->
          name.equals("unended_operations")
              ? single(row, name)
              : labelled(row, "violations", "kind=\"" + name + "\",machine=\"shown");
      case "CheckedCounter" -> single(row, "checked_" + name);
      case "FunctionCounter" -> labelled(row, "device_" + name, device.replaceFirst("\"$", ""));
      case "DeviceCounter" ->
          labelled(
              row,
              pointer.contains("/atc/")
                  ? "atc_" + name.replaceFirst("^atc_", "")
                  : "device_reported_" + name,
              device.replaceFirst("\"$", ""));
      case "PasidCounter" ->
          labelled(row, "pasid_" + name, device + ",pasid=\"1\",process=\"alice");
      default -> throw new AssertionError(row + " has no meter");
    };
  }

  private static String single(CounterRow row, String name) {
    return labelled(row, name, "machine=\"shown");
  }

  private static String labelled(CounterRow row, String name, String labels) {
    boolean grows = row.facts().kind() == CounterRow.Kind.COUNTER;
    return "smmulator_" + name + (grows ? "_total" : "") + "{" + labels + "\"}";
  }

  @ParameterizedTest
  @MethodSource("rows")
  void isShownInTableJsonAndMetersUnderItsName(CounterRow row) {
    for (String pointer : pointers(row)) {
      SHOWN.tells(pointer, meter(row, pointer));
      if (!(row instanceof PasidCounter)) { // tables would have a column for each PASID
        SHOWN.tabulates(pointer, row.label());
      }
    }
  }

  @Test
  void noTwoRowsShowTheSameNumber() {
    Set<Long> numbers = new HashSet<>();
    for (CounterRow row : ROWS) {
      for (String pointer : pointers(row)) {
        assertThat(numbers.add(SHOWN.number(pointer))).as(pointer).isTrue();
      }
    }
    assertThat(numbers).hasSizeGreaterThan(100);
  }

  @Test
  void everyRowSaysWhatItCountsInWhichUnit() {
    for (CounterRow row : ROWS) {
      assertThat(row.facts().unit()).as("%s", row).matches("[a-z ]+s");
      assertThat(row.facts().meaning()).as("%s", row).isNotBlank().doesNotEndWith(".");
    }
  }

  @Test
  void tablesNameOnlyTheRulesThatWereBroken() {
    assertThat(SummaryTables.render(Summary.EMPTY).replaceAll(" +", " "))
        .contains(" invalidations without device 0\n rules broken none\n\nSMMU caches\n");
    Summary two =
        new Summary(
            List.of(),
            Summary.EMPTY.links(),
            Counts.of(
                ProtocolRule.class,
                rule ->
                    switch (rule) {
                      case ATOMIC -> 2;
                      case REPORT -> 1_000;
                      default -> 0;
                    }),
            Summary.EMPTY.vfioUser(),
            Summary.EMPTY.smmu(),
            Summary.EMPTY.driver(),
            Summary.EMPTY.mm(),
            Summary.EMPTY.notifierCalls(),
            Summary.EMPTY.sva(),
            Summary.EMPTY.verdict(),
            List.of());
    assertThat(SummaryTables.render(two).replaceAll(" +", " "))
        .contains(
            """
             rules broken 1,002
             AtomicOp while AtomicOp Requester Enable is 0 2
             statistics that differ from what went over the link 1,000

            SMMU caches
            """);
  }
}
