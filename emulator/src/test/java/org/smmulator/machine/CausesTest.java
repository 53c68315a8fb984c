package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.machine.ToldEvents.id;
import static org.smmulator.machine.ToldEvents.what;
import static org.smmulator.machine.ToldEvents.who;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** What followed from what, from a step of the scenario down to the devices and back. */
class CausesTest {
  @TempDir private Path folder;

  private ToldEvents run(boolean simulated) throws Exception {
    Path events = folder.resolve("events");
    Path summary = folder.resolve("summary");
    List<String> words =
        new ArrayList<>(List.of("--events", events + "", "--summary", summary + ""));
    if (simulated) {
      words.add("--simulated");
    }
    CommandRun run = CommandRun.ofLittle(folder, words.toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isZero();
    return new ToldEvents(events);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anMunmapIsFollowedToBothDevicesCompletionsAndTheFramesFreed(boolean simulated)
      throws Exception {
    ToldEvents told = run(simulated);
    JsonNode step = told.first("stepBegins", s -> what(s).equals("begins munmap alice 4-11"));
    JsonNode call = told.effect(step, "callBegins");
    assertThat(what(call)).startsWith("alice munmap: 0x");
    JsonNode notifier = told.effect(call, "notifierBegins");
    assertThat(what(notifier)).startsWith("alice notifier: invalidate_range 0x");

    JsonNode driver = told.effect(notifier, "driverBegins");
    assertThat(what(driver)).startsWith("driver: mmInvalidate of io_mm of alice");
    List<JsonNode> completed = followToCompletions(told, driver);
    assertThat(completed)
        .extracting(ToldEvents::who)
        .containsExactlyInAnyOrder("00:04.0", "00:05.0");
    long last = id(told.effect(driver, "driverEnds"));

    JsonNode freed = told.effect(call, "framesFreed");
    assertThat(freed.get("frames").asLong()).isBetween(1L, 8L);
    assertThat(id(freed))
        .as("after the notifier")
        .isGreaterThan(id(told.effect(notifier, "notifierEnds")));
    assertThat(id(told.effect(notifier, "notifierEnds"))).isGreaterThan(last);
    assertThat(id(told.effect(call, "callEnds"))).isGreaterThan(id(freed));
    assertThat(id(told.effect(step, "stepEnds"))).isGreaterThan(id(freed));
  }

  /** The devices tell of every request what it made them drop, as they count it themselves. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theStepsTellWhatEachDeviceDropped(boolean simulated) throws Exception {
    ToldEvents told = run(simulated);
    JsonNode summary = new ObjectMapper().readTree(folder.resolve("summary").toFile());
    for (JsonNode device : summary.get("devices")) {
      String id = device.get("id").asString();
      long dropped =
          told.all("entriesDropped").stream()
              .filter(event -> who(event).equals(id))
              .mapToLong(event -> event.get("entries").asLong())
              .sum();
      assertThat(dropped).as(id).isEqualTo(device.get("atc").get("entriesDropped").asLong());
    }

    JsonNode munmap = step(summary, "munmap alice 4-11");
    assertThat(munmap.get("pages").asLong()).isEqualTo(8);
    assertThat(munmap.get("notifierCalls").asLong()).isEqualTo(1);
    assertThat(munmap.get("devices")).hasSize(2);
    JsonNode begins = told.first("stepBegins", s -> what(s).equals("begins munmap alice 4-11"));
    JsonNode notifier = told.effect(told.effect(begins, "callBegins"), "notifierBegins");
    for (JsonNode on : munmap.get("devices")) {
      JsonNode end =
          told.first(
              "invalidationCompleted",
              e -> who(e).equals(on.get("device").asString()) && id(e) > id(notifier));
      assertThat(on.get("requests").asLong()).isEqualTo(1);
      assertThat(on.get("lastCompletionNanos").asLong())
          .isEqualTo(end.get("t").asLong() - notifier.get("t").asLong());
      JsonNode invalidation = told.cause(end, "invalidation");
      long dropped = 0;
      long outside = 0;
      for (JsonNode run : told.effects(invalidation, "entriesDropped")) {
        dropped += run.get("entries").asLong();
        for (long page = hex(run, "first"); page < hex(run, "last"); page += 4096) {
          boolean named = page >= hex(notifier, "first") && page <= hex(notifier, "last");
          outside += named || run.get("entries").asLong() == 0 ? 0 : 1;
        }
      }
      assertThat(on.get("entriesDropped").asLong()).isEqualTo(dropped);
      assertThat(on.get("pagesOverInvalidated").asLong()).isEqualTo(outside);
    }
    assertThat(step(summary, "kill bob").get("notifierCalls").asLong()).isEqualTo(1);
    assertThat(step(summary, "kill bob").get("devices")).hasSize(2);
    assertThat(step(summary, "verify alice").get("devices")).isEmpty();
  }

  /** A device asks for each page that it misses, until it has it. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aPageFaultIsFollowedFromTheTranslationRequestToTheRetry(boolean simulated) throws Exception {
    ToldEvents told = run(simulated);
    List<JsonNode> asked = told.all("pageRequest");
    assertThat(asked).as("pages that nobody had written").isNotEmpty();
    int retried = 0;
    for (JsonNode request : asked) {
      retried += followFault(told, request) ? 1 : 0;
    }
    assertThat(retried).as("a few may die with their process").isGreaterThan(asked.size() / 2);
  }

  /** Whether it ended in another translation request. */
  private static boolean followFault(ToldEvents told, JsonNode request) {
    JsonNode refused = told.cause(request, "translationCompletion");
    assertThat(refused.get("answer").asString()).isIn("--", "R-");
    told.cause(refused, "translationRequest");
    assertSamePage(refused, request);

    JsonNode queued = told.effect(request, "pageRequestQueued");
    JsonNode taken = told.effect(queued, "pageRequestTaken");
    assertSamePage(taken, request);
    assertThat(taken.get("group")).isEqualTo(request.get("group"));
    for (JsonNode fault : told.effects(taken, "pageFaultBegins")) {
      assertThat(fault.get("address")).isEqualTo(request.get("address"));
      told.effect(fault, "pageFaultEnds");
    }
    JsonNode driver = told.effect(taken, "driverBegins");
    assertThat(what(driver)).startsWith("driver: pageResponse of " + who(request));
    JsonNode command = told.effect(told.effect(driver, "commandsQueued"), "command");
    assertThat(opcode(command)).isEqualTo("PRI_RESP");
    JsonNode response = told.effect(command, "pageResponse");
    assertThat(who(response)).isEqualTo(who(request));
    assertThat(response.get("group")).isEqualTo(request.get("group"));

    List<JsonNode> retries = told.effects(response, "translationRequest");
    assertThat(retries.size()).isLessThan(2);
    for (JsonNode retry : retries) {
      assertSamePage(retry, request);
      assertThat(told.effects(taken, "pageFaultBegins")).hasSize(1);
      told.effect(retry, "translationCompletion");
    }
    return !retries.isEmpty();
  }

  private static void assertSamePage(JsonNode one, JsonNode other) {
    assertThat(one.get("pasid")).as("%s and %s", one, other).isEqualTo(other.get("pasid"));
    assertThat(one.get("address")).as("%s and %s", one, other).isEqualTo(other.get("address"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aDeathIsFollowedFromTheStepToThePasidsEnd(boolean simulated) throws Exception {
    ToldEvents told = run(simulated);
    JsonNode step = told.first("stepBegins", s -> what(s).equals("begins kill bob"));
    JsonNode call = told.effect(step, "callBegins");
    assertThat(what(call)).isEqualTo("bob exit: all addresses");
    JsonNode release = told.effect(call, "notifierBegins");
    assertThat(what(release)).isEqualTo("bob notifier: release all addresses");

    List<JsonNode> exits = told.effects(release, "mmExitBegins");
    assertThat(exits)
        .extracting(exit -> exit.get("device").asString())
        .containsExactlyInAnyOrder("00:04.0", "00:05.0");
    long quiet = followToQuietCds(told, release, lastStop(told, exits));
    long cleared = followToClearCds(told, release, quiet);
    JsonNode freed = told.effect(release, "pasidFreed");
    assertThat(freed.get("pasid")).isEqualTo(exits.get(0).get("pasid"));
    assertThat(id(freed)).isGreaterThan(cleared);
  }

  private static long lastStop(ToldEvents told, List<JsonNode> exits) {
    long stopped = 0;
    for (JsonNode exit : exits) {
      JsonNode end = told.effect(exit, "mmExitEnds");
      assertThat(what(end)).endsWith(": stopped");
      stopped = Math.max(stopped, id(end));
    }
    return stopped;
  }

  /** After every mm_exit each CD is made quiet, and its caches are emptied; the last of it. */
  private static long followToQuietCds(ToldEvents told, JsonNode release, long stopped) {
    long quiet = 0;
    for (JsonNode driver : driverCalls(told, release, "mmDetach")) {
      JsonNode becomes = told.effect(driver, "contextDescriptor");
      assertThat(what(becomes)).endsWith(" becomes quiet");
      assertThat(id(becomes)).as("after every mm_exit").isGreaterThan(stopped);
      List<JsonNode> commands = commands(told, driver);
      assertThat(commands)
          .extracting(CausesTest::opcode)
          .containsExactly("CFGI_CD", "SYNC", "TLBI_NH_ASID", "SYNC", "ATC_INV", "SYNC");
      JsonNode invalidation = told.effect(commands.get(4), "invalidation");
      quiet = Math.max(quiet, id(told.effect(invalidation, "invalidationCompleted")));
    }
    return quiet;
  }

  /** Then nobody asks for pages any more, and the CDs are cleared; the last of it. */
  private static long followToClearCds(ToldEvents told, JsonNode release, long quiet) {
    long drained = 0;
    List<JsonNode> drains = told.effects(release, "drainBegins");
    assertThat(drains).hasSize(2);
    for (JsonNode drain : drains) {
      assertThat(id(drain)).as("after the CDs are quiet").isGreaterThan(quiet);
      JsonNode end = told.effect(drain, "drainEnds");
      assertThat(what(end)).endsWith(": none left");
      drained = id(end);
    }
    long cleared = 0;
    for (JsonNode driver : driverCalls(told, release, "clearQuiet")) {
      JsonNode becomes = told.effect(driver, "contextDescriptor");
      assertThat(what(becomes)).endsWith(" becomes clear");
      assertThat(id(becomes)).isGreaterThan(drained);
      cleared = id(becomes);
    }
    return cleared;
  }

  /** Both devices'. */
  private static List<JsonNode> driverCalls(ToldEvents told, JsonNode cause, String operation) {
    List<JsonNode> calls =
        told.effects(cause, "driverBegins").stream()
            .filter(call -> call.get("operation").asString().equals(operation))
            .toList();
    assertThat(calls).as(operation).hasSize(2);
    return calls;
  }

  private static long hex(JsonNode event, String field) {
    return Long.parseUnsignedLong(event.get(field).asString().substring(2), 16);
  }

  private static JsonNode step(JsonNode summary, String words) {
    for (JsonNode step : summary.get("steps")) {
      if (step.get("step").asString().equals(words)) {
        return step;
      }
    }
    throw new AssertionError("no step " + words);
  }

  /** TLBI and SYNC, the ATC_INV and the part of each device, and the SYNC that waited for all. */
  private static List<JsonNode> followToCompletions(ToldEvents told, JsonNode driver) {
    List<JsonNode> commands = commands(told, driver);
    List<String> opcodes = new ArrayList<>();
    for (JsonNode command : commands) {
      if (!opcode(command).equals("TLBI_NH_VA") || opcodes.isEmpty()) {
        opcodes.add(opcode(command));
      }
    }
    assertThat(opcodes).containsExactly("TLBI_NH_VA", "SYNC", "ATC_INV", "ATC_INV", "SYNC");
    assertThat(told.effects(driver, "commandsQueued")).hasSize(2);
    JsonNode sync = commands.get(commands.size() - 1);
    List<JsonNode> completed = new ArrayList<>();
    for (JsonNode atcInv : commands.subList(commands.size() - 3, commands.size() - 1)) {
      JsonNode invalidation = told.effect(atcInv, "invalidation");
      completed.add(told.effect(invalidation, "invalidationCompleted"));
      assertThat(id(sync))
          .as("the SYNC waited")
          .isGreaterThan(id(completed.get(completed.size() - 1)));
    }
    assertThat(id(told.effect(driver, "driverEnds"))).isGreaterThan(id(sync));
    return completed;
  }

  /** What a call of the driver queued, as it took effect. */
  private static List<JsonNode> commands(ToldEvents told, JsonNode driver) {
    List<JsonNode> commands = new ArrayList<>();
    for (JsonNode queued : told.effects(driver, "commandsQueued")) {
      List<JsonNode> together = told.effects(queued, "command");
      assertThat(together).as("%s", queued).hasSize(queued.get("commands").asInt());
      commands.addAll(together);
    }
    return commands;
  }

  private static String opcode(JsonNode command) {
    return what(command).split(" ", 2)[0];
  }
}
