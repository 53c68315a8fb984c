package org.smmulator.qmp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a QMP monitor answers, to its users and to others. */
class QmpSessionTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String NEGOTIATE = "{\"execute\": \"qmp_capabilities\"}";

  private final AtomicInteger quits = new AtomicInteger();

  @SuppressWarnings("NullAway.Init") // made before each test
  private EmbeddedChannel channel;

  @BeforeEach
  void connect() {
    QmpMachine machine =
        new QmpMachine(
            "smmulator 1", List.of("virt", "none"), List.of("edu"), quits::incrementAndGet);
    channel = new EmbeddedChannel(new QmpFrames(), new QmpSession(machine));
  }

  private void send(String text) {
    channel.writeInbound(Unpooled.copiedBuffer(text, UTF_8));
  }

  /** All that it has said, each a line. */
  private List<JsonNode> said() {
    StringBuilder text = new StringBuilder();
    for (ByteBuf next = channel.readOutbound(); next != null; next = channel.readOutbound()) {
      text.append(next.toString(UTF_8));
      next.release();
    }
    List<JsonNode> answers = new ArrayList<>();
    if (text.length() > 0) {
      assertThat(text.toString()).endsWith("\r\n");
      text.toString().lines().forEach(line -> answers.add(JSON.readTree(line)));
    }
    return answers;
  }

  private JsonNode ask(String text) {
    send(text + "\n");
    List<JsonNode> answers = said();
    assertThat(answers).as(text).hasSize(1);
    return answers.get(0);
  }

  private void negotiate() {
    said();
    assertThat(ask(NEGOTIATE)).isEqualTo(JSON.readTree("{\"return\": {}}"));
  }

  private static String errorClass(JsonNode answer) {
    return answer.path("error").path("class").asString();
  }

  @Test
  void greetsWithItsVersionAndOffersNothing() {
    assertThat(said())
        .containsExactly(
            JSON.readTree(
                "{\"QMP\": {\"version\": {\"qemu\": {\"major\": 11, \"minor\": 0, \"micro\": 0},"
                    + " \"package\": \"smmulator 1\"}, \"capabilities\": []}}"));
  }

  @Test
  void wantsTheNegotiationFirstAndOnce() {
    said();
    assertThat(errorClass(ask("{\"execute\": \"query-status\"}"))).isEqualTo("CommandNotFound");
    assertThat(errorClass(ask("{\"execute\": \"quit\"}"))).isEqualTo("CommandNotFound");
    negotiate();
    assertThat(errorClass(ask(NEGOTIATE))).isEqualTo("CommandNotFound");
    assertThat(ask("{\"execute\": \"query-status\"}"))
        .isEqualTo(JSON.readTree("{\"return\": {\"status\": \"running\", \"running\": true}}"));
    assertThat(quits).hasValue(0);
  }

  @Test
  void enablesNoCapability() {
    said();
    String enable = "{\"execute\": \"qmp_capabilities\", \"arguments\": {\"enable\": %s}}";
    assertThat(errorClass(ask(enable.formatted("[\"oob\"]")))).isEqualTo("GenericError");
    assertThat(ask(enable.formatted("[]")).has("return")).isTrue();
  }

  @Test
  void listsMachinesDevicesAndCommands() {
    negotiate();
    JsonNode machines = ask("{\"execute\": \"query-machines\"}").get("return");
    assertThat(machines.values())
        .extracting(m -> m.get("name").asString())
        .containsExactly("virt", "none");
    assertThat(machines.get(0).propertyNames())
        .contains("cpu-max", "hotpluggable-cpus", "numa-mem-supported", "deprecated", "acpi");
    String types = "{\"execute\": \"qom-list-types\", \"arguments\": {\"implements\": \"%s\"}}";
    assertThat(ask(types.formatted("device")).get("return").toString())
        .isEqualTo("[{\"name\":\"edu\",\"parent\":\"pci-device\"}]");
    assertThat(ask(types.formatted("machine")).get("return").isEmpty()).isTrue();
    assertThat(ask("{\"execute\": \"query-cpu-definitions\"}").get("return").isEmpty()).isTrue();
    for (JsonNode each : ask("{\"execute\": \"query-commands\"}").get("return").values()) {
      String name = each.get("name").asString();
      if (!name.equals("quit") && !name.equals("qmp_capabilities")) {
        assertThat(ask("{\"execute\": \"" + name + "\"}").has("return")).as(name).isTrue();
      }
    }
  }

  @Test
  void givesEachAnswerTheIdOfItsCommand() {
    negotiate();
    send(
        "{\"execute\":\"query-version\",\"id\":7}{\"id\":[1],\"execute\":\"no\"}"
            + "\n\n {\"execute\":\"query-status\",\n\"id\":\"}\\\"\"}");
    List<JsonNode> answers = said();
    assertThat(answers)
        .extracting(a -> a.get("id").toString())
        .containsExactly("7", "[1]", "\"}\\\"\"");
    assertThat(errorClass(answers.get(1))).isEqualTo("CommandNotFound");
  }

  @Test
  void takesACommandThatComesInBytes() {
    said();
    for (int i = 0; i < NEGOTIATE.length(); i++) {
      assertThat(said()).isEmpty();
      send(NEGOTIATE.substring(i, i + 1));
    }
    assertThat(said()).hasSize(1);
  }

  @Test
  void quitsOnceWhenItsAnswerHasGone() {
    negotiate();
    send("{\"execute\": \"quit\"}\n{\"execute\": \"quit\"}\n{\"execute\": \"query-status\"}\n");
    assertThat(said()).containsExactly(JSON.readTree("{\"return\": {}}"));
    assertThat(quits).hasValue(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "garbage",
        "} \"",
        "12",
        "\"quit\"",
        "[\"execute\"]",
        "{}",
        "{]",
        "{\"execute\": 1}",
        "{\"execute\": \"query-status\", \"arguments\": []}",
        "{\"execute\": \"query-status\", \"arguments\": {\"a\": 1}}",
        "{\"execute\": \"query-status\", \"more\": 1}",
        "{\"execute\": \"query-status\", \"execute\": \"quit\"}",
        "{\"exec-oob\": \"query-status\"}",
        "{\"execute\": \"qom-list-types\", \"arguments\": {\"implements\": 1}}",
        "{\"execute\": \"query-status",
        "\u0000\u0001\ud83d\ude00{}"
      })
  void saysWhatIsWrongAndGoesOn(String wrong) {
    negotiate();
    assertThat(errorClass(ask(wrong))).isEqualTo("GenericError");
    assertThat(ask("{\"execute\": \"query-status\"}").has("return")).isTrue();
    assertThat(channel.isOpen()).isTrue();
  }

  @Test
  void anAnswerRepeatsLittleOfWhatWasWrong() {
    negotiate();
    assertThat(ask("x".repeat(60_000)).toString()).hasSizeLessThan(600);
    assertThat(ask("{\"execute\": \"" + "x".repeat(60_000) + "\"}").toString())
        .hasSizeLessThan(600);
    assertThat(ask("[".repeat(20_000) + "]".repeat(20_000)).toString()).hasSizeLessThan(600);
  }

  @Test
  void cutsOffWhoNeverEndsACommand() {
    negotiate();
    String part = "{\"a\": [" + "1, ".repeat(1000);
    for (int sent = 0; sent <= QmpFrames.MOST_BYTES; sent += part.length()) {
      send(part);
    }
    List<JsonNode> answers = said();
    assertThat(errorClass(answers.get(answers.size() - 1))).isEqualTo("GenericError");
    assertThat(channel.isOpen()).isFalse();
    assertThat(quits).hasValue(0);
  }

  /** Whatever comes is answered, in pieces of any size, and a right command behind it too. */
  @Test
  void livesThroughAnyBytes() {
    long seed = Long.getLong("smmulator.seed", System.nanoTime());
    System.out.println("QmpSessionTest: -Dsmmulator.seed=" + seed);
    Random random = new Random(seed);
    String alphabet = "{}[]\":,\\ \n\r\tae1-.\u00e4\u0000execute";
    negotiate();
    for (int round = 0; round < 20_000 && channel.isOpen(); round++) {
      StringBuilder text = new StringBuilder(random.nextBoolean() ? "" : "{\"execute\":\"q");
      for (int i = random.nextInt(20); i > 0; i--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      send(text.toString());
      assertThat(said())
          .allSatisfy(
              answer -> assertThat(errorClass(answer)).isIn("GenericError", "CommandNotFound"));
      if (random.nextInt(8) == 0) { // closes whatever may be open
        send("\"\n" + "]}".repeat(40) + "\n");
        said();
      }
    }
    assertThat(quits).hasValue(0);
  }
}
