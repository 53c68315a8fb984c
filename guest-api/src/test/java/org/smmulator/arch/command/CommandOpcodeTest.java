package org.smmulator.arch.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.BitField;

/** Against a table typed from the architecture: an opcode without its row there fails. */
class CommandOpcodeTest {
  @Test
  void everyOpcodeHasTheFactsOfTheArchitecture() throws IOException {
    List<String> rows =
        Arrays.stream(CommandOpcode.values())
            .map(
                opcode ->
                    "%s %02x %s %s %s"
                        .formatted(
                            opcode,
                            opcode.code(),
                            opcode.group(),
                            opcode.needs(),
                            opcode.fields().stream()
                                .map(CommandOpcodeTest::bits)
                                .collect(Collectors.joining(" ")))
                        .strip())
            .toList();
    assertThat(rows).isEqualTo(table());
  }

  @Test
  void itsFieldsAreThoseOfTheCommandLayoutAndDoNotOverlap() throws IllegalAccessException {
    for (CommandOpcode opcode : CommandOpcode.values()) {
      long[] taken = {CommandField.OPCODE.mask(), 0};
      for (BitField field : opcode.fields()) {
        assertThat(constants()).as(opcode + "").contains(field);
        assertThat(taken[field.word()] & field.mask()).as(opcode + " " + bits(field)).isZero();
        taken[field.word()] |= field.mask();
      }
    }
  }

  @Test
  void onlyWhatDropsCachedInformationInvalidates() {
    assertThat(
            Arrays.stream(CommandOpcode.values())
                .filter(opcode -> opcode.group().invalidates())
                .map(CommandOpcode::name))
        .allMatch(
            name -> name.startsWith("CFGI") || name.startsWith("TLBI") || "ATC_INV".equals(name))
        .hasSize(16);
  }

  @Test
  void anOpcodeIsFoundByItsCodeAndNoOther() {
    for (int code = 0; code < 256; code++) {
      CommandOpcode opcode = CommandOpcode.of(0x1234_5678_9abc_de00L | code);
      assertThat(opcode == null || opcode.code() == code).as("0x%x", code).isTrue();
    }
    assertThat(Arrays.stream(CommandOpcode.values()).map(o -> CommandOpcode.of(o.code())))
        .containsExactly(CommandOpcode.values());
  }

  private static String bits(BitField field) {
    int low = 64 * field.word() + Long.numberOfTrailingZeros(field.mask());
    return low + Long.bitCount(field.mask()) - 1 + ":" + low;
  }

  private static List<BitField> constants() throws IllegalAccessException {
    List<BitField> all = new ArrayList<>();
    for (Field field : CommandField.class.getFields()) {
      if (field.getType() == BitField.class) {
        all.add((BitField) field.get(null));
      }
    }
    return all;
  }

  private static List<String> table() throws IOException {
    try (InputStream in = CommandOpcodeTest.class.getResourceAsStream("/smmuv3/opcodes.txt")) {
      assertThat(in).isNotNull();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .toList();
    }
  }
}
