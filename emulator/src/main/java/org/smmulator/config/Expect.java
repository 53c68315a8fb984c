package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonTypeName;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.port.PciAddress;

/** What the step before must have done, and how things must stand after it. */
@JsonTypeName("expect")
public record Expect(
    @Key(meaning = "Callbacks of MMU notifiers that followed from the step.", nullable = true)
        @Nullable Calls notifierCalls,
    @Key(
            meaning = "Commands of the SMMU that followed from the step, by their opcode.",
            fallback = "{}")
        Map<CommandOpcode, ExpectedCount> commands,
    @Key(
            meaning = "ATC entries that devices dropped because of the step, by the device's id.",
            fallback = "{}")
        Map<PciAddress, ExpectedCount> entriesDropped,
    @Key(
            meaning = "How operations ended of the streams that the step ran or waited for.",
            nullable = true)
        @Nullable Outcomes operations,
    @Key(
            meaning = "Words of the sentence with which the step is refused; it must be.",
            nullable = true)
        @Nullable String refused,
    @Key(
            meaning = "What is the PASID now that processes have or had.",
            fallback = "{}",
            syntax = Syntax.NAME)
        Map<String, PasidState> pasids,
    @Key(
            meaning = "Violations that no expectation before has named; they are no failure then.",
            nullable = true)
        @Nullable Violations violations,
    @Key(
            meaning =
                "Events since the step began, whatever their cause: kinds as 'smmulator events'"
                    + " has them, or commands by their opcode.",
            fallback = "{}")
        Map<EventName, ExpectedCount> events,
    @Key(
            meaning = "For how long what is not met yet is looked at again.",
            unit = "milliseconds",
            fallback = "10000",
            max = 600_000)
        int withinMillis)
    implements Step {
  public Expect {
    commands = copy(commands);
    entriesDropped = copy(entriesDropped);
    pasids = copy(pasids);
    events = copy(events);
  }

  /** In the order of the file. */
  static <K, V> Map<K, V> copy(Map<K, V> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  @Override
  public <E extends Exception> void choose(StepCases<E> cases) throws E {
    cases.expect(this);
  }

  /** Callbacks of MMU notifiers. */
  public record Calls(
      @Key(meaning = "All of them.", nullable = true, shorthand = true) @Nullable ExpectedCount all,
      @Key(meaning = "Those of an address space that ends.", nullable = true)
          @Nullable ExpectedCount release,
      @Key(meaning = "Those of a range that is gone or has changed.", nullable = true)
          @Nullable ExpectedCount invalidateRange,
      @Key(meaning = "Those that ask whether pages were accessed.", nullable = true)
          @Nullable ExpectedCount clearFlushYoung,
      @Key(meaning = "Those of a page that has another frame.", nullable = true)
          @Nullable ExpectedCount changePte) {
    /** What is given of single callbacks, by the callback's name in Java. */
    public Map<String, ExpectedCount> byCallback() {
      Map<String, ExpectedCount> given = new LinkedHashMap<>();
      put(given, "release", release);
      put(given, "invalidateRange", invalidateRange);
      put(given, "clearFlushYoung", clearFlushYoung);
      put(given, "changePte", changePte);
      return given;
    }
  }

  /** Ends of operations. */
  public record Outcomes(
      @Key(
              meaning = "Done; a comparison that found a difference, too.",
              nullable = true,
              shorthand = true)
          @Nullable ExpectedCount completed,
      @Key(meaning = "Ended because the device was refused memory.", nullable = true)
          @Nullable ExpectedCount refused,
      @Key(meaning = "Not ended: their device was lost, stopped or silent.", nullable = true)
          @Nullable ExpectedCount failed) {
    /** What is given, by key. */
    public Map<String, ExpectedCount> given() {
      Map<String, ExpectedCount> given = new LinkedHashMap<>();
      put(given, "completed", completed);
      put(given, "refused", refused);
      put(given, "failed", failed);
      return given;
    }
  }

  /** Violations by kind, as the verdict has them. */
  public record Violations(
      @Key(meaning = "Comparisons that found other data.", nullable = true)
          @Nullable ExpectedCount dataMismatches,
      @Key(meaning = "Accesses without a live grant.", nullable = true)
          @Nullable ExpectedCount staleAccesses,
      @Key(
              meaning = "Accesses under a grant whose invalidation was given up without an answer.",
              nullable = true)
          @Nullable ExpectedCount overdueAccesses,
      @Key(meaning = "Frames freed while a device could reach them.", nullable = true)
          @Nullable ExpectedCount freedUnderGrant,
      @Key(meaning = "Packets and links that broke the protocol.", nullable = true)
          @Nullable ExpectedCount protocolViolations,
      @Key(meaning = "Notifier callbacks and IOMMU driver operations that threw.", nullable = true)
          @Nullable ExpectedCount kernelFailures) {
    /** What is given, by key. */
    public Map<String, ExpectedCount> given() {
      Map<String, ExpectedCount> given = new LinkedHashMap<>();
      put(given, "dataMismatches", dataMismatches);
      put(given, "staleAccesses", staleAccesses);
      put(given, "overdueAccesses", overdueAccesses);
      put(given, "freedUnderGrant", freedUnderGrant);
      put(given, "protocolViolations", protocolViolations);
      put(given, "kernelFailures", kernelFailures);
      return given;
    }
  }

  private static void put(
      Map<String, ExpectedCount> given, String name, @Nullable ExpectedCount count) {
    if (count != null) {
      given.put(name, count);
    }
  }

  /** What may be of a PASID. */
  public enum PasidState {
    /** It names the process's address space. */
    @JsonProperty("bound")
    BOUND,
    /** Nothing names it, or the process never had one. */
    @JsonProperty("free")
    FREE,
    /** A device may still use it, so nobody gets it. */
    @JsonProperty("quarantined")
    QUARANTINED;

    /** As in a file. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
