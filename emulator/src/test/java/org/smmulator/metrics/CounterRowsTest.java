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
import org.smmulator.pcie.ProtocolRule;

/** Whatever is counted is shown in every form; who adds a counter that is not finds out here. */
class CounterRowsTest {
  private static final String DEVICE = "/devices/0";

  /** Where the counts of each enum stand in the JSON, typed here. */
  private static final Map<String, List<String>> PLACES =
      Map.ofEntries(
          entry("LinkCounter", List.of("/links")),
          entry("ProtocolRule", List.of("/links/rulesBroken")),
          entry("SmmuCounter", List.of("/smmu")),
          entry(
              "CacheCounter", List.of("/smmu/tlb", "/smmu/walkCache", "/smmu/configurationCache")),
          entry("DriverCounter", List.of("/smmuDriver")),
          entry("MmCounter", List.of("/mm")),
          entry("SvaCounter", List.of("/sva")),
          entry("NotifierCall", List.of("/sva/notifierCalls")),
          entry("VerdictCounter", List.of("/verdict")),
          entry("CheckedCounter", List.of("/verdict/checked")),
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

  private static String meter(CounterRow row, String pointer) {
    String name =
        pointer
            .replace(DEVICE, "")
            .replaceAll("([A-Z])", "_$1")
            .replace('/', '_')
            .toLowerCase(Locale.ROOT);
    boolean grows = row.facts().kind() == CounterRow.Kind.COUNTER;
    String tags = pointer.startsWith(DEVICE) ? "{device=\"00:04.0\",model=\"dma\"}" : "";
    return "smmulator" + name + (grows ? "_total" : "") + tags;
  }

  @ParameterizedTest
  @MethodSource("rows")
  void isShownInTableJsonAndMetersUnderItsName(CounterRow row) {
    for (String pointer : pointers(row)) {
      SHOWN.shows(pointer, meter(row, pointer), row.label());
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
            Summary.EMPTY.smmu(),
            Summary.EMPTY.driver(),
            Summary.EMPTY.mm(),
            Summary.EMPTY.notifierCalls(),
            Summary.EMPTY.sva(),
            Summary.EMPTY.verdict());
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
