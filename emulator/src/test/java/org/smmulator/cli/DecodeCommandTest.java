package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.event.EventType;

/** Entries typed from the architecture's tables, and what they say. */
class DecodeCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int decode(String kind, String hex) {
    return SmmulatorCommand.commandLine(FakeLauncher::new)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(
            Stream.concat(Stream.of("decode", kind), Stream.of(hex.split(" ")))
                .toArray(String[]::new));
  }

  private String lines() {
    return out.toString().replaceAll(" +", " ");
  }

  /** Stream 0x408, PASID 0xabcde, four pages from 0x7fff8000 on. */
  @Test
  void aCommandHasTheFieldsOfItsOpcodeAndNoOthers() {
    assertThat(decode("cmd", "0x00000408abcde840 0x000000007fff8002")).isZero();
    assertThat(lines())
        .isEqualTo(
            """
            ATC_INV
             OPCODE [7:0] 0x40 ATC_INV
             GLOBAL [9] 0
             SSV [11] 1
             SubstreamID [31:12] 0xabcde
             StreamID [63:32] 0x408
             SIZE [69:64] 2 2^2 pages of 4 KiB
             ADDRESS [127:76] 0x7fff8000
            """);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0x0000000000000004 0x1f | CFGI_ALL | RANGE [68:64] 0x1f all",
        "0x0000040800000003 0x1 | CFGI_STE | LEAF [64] 1 last level only",
        "0x1234000000000012 0x7fff8000 | TLBI_NH_VA | ASID [63:48] 0x1234",
        "0x0000040800000040 0x34 | ATC_INV | SIZE [69:64] 0x34 everything",
        "0x00000408abcde841 0x21ff | PRI_RESP | RESP [77:76] 2 success",
        "0x0000040800001044 0x0005 | RESUME | AC [12] 1 retry",
        "0x0000000000001046 0 | SYNC | CS [13:12] 1 interrupt"
      })
  void commandsSayWhatTheirValuesMean(String hex, String name, String line) {
    assertThat(decode("cmd", hex)).isZero();
    assertThat(lines()).startsWith(name + "\n").contains(" " + line + "\n");
  }

  @Test
  void anSteSaysWhatItsStreamDoes() {
    String hex =
        "a00000000000002b 00001000180400d6 0 0 0 0 0 0"; // 20-bit PASIDs, ATS and PRI, as Linux has
    assertThat(decode("ste", hex)).isZero();
    assertThat(lines())
        .startsWith("STE\n")
        .contains(" V [0] 1\n")
        .contains(" Config [3:1] 5 stage 1\n")
        .contains(" S1Fmt [5:4] 2 2 levels, leaves of 64 KiB\n")
        .contains(" S1CDMax [63:59] 0x14 2^20 CDs\n")
        .contains(" S1DSS [65:64] 2 without substream: CD 0\n")
        .contains(" EATS [93:92] 1 full ATS\n")
        .contains(" SHCFG [109:108] 1 as it comes\n")
        .contains(" all other fields are 0\n")
        .doesNotContain("S2T0SZ", "in none of these fields");
  }

  @Test
  void aCdSaysWhatItsProcessIs() {
    assertThat(decode("cd", "1234e205c0003510,0000000040012000,0,ff,0,0,0,0")).isZero();
    assertThat(lines())
        .contains(" T0SZ [5:0] 0x10 48-bit addresses\n")
        .contains(" TG0 [7:6] 0 4 KiB\n")
        .contains(" SH0 [13:12] 3 inner shareable\n")
        .contains(" IPS [34:32] 5 48 bits\n")
        .contains(" ASID [63:48] 0x1234\n")
        .contains(" TTB0 [115:68] 0x40012000\n")
        .contains(" EPD1 [30] 1 no walks through TTB1\n");
  }

  /** Event 0x13 of stream 0x20, PASID 2: a write at 0x7f0000001000, refused by stage 1. */
  @Test
  void anEventHasTheFieldsOfItsType() {
    assertThat(decode("event", "0000002000002813 0000020000000000 00007f0000001000 0")).isZero();
    assertThat(lines())
        .startsWith("F_PERMISSION\n")
        .contains(" SubstreamID [31:12] 2\n")
        .contains(" RnW [99] 0 write\n")
        .contains(" Class [105:104] 2 the input address\n")
        .contains(" InputAddr [191:128] 0x7f0000001000\n")
        .doesNotContain("FetchAddr", "uW", "Span");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0000002000000006 0 0 0 | F_STREAM_DISABLED ID [7:0] 6 F_STREAM_DISABLED"
            + " StreamID [63:32] 0x20",
        "0000002000003008 0 0 0 | C_BAD_SUBSTREAMID ID [7:0] 8 C_BAD_SUBSTREAMID"
            + " SubstreamID [31:12] 3 StreamID [63:32] 0x20",
        "0000002000000021 00000000deadbeef 0 0 | F_CFG_CONFLICT ID [7:0] 0x21 F_CFG_CONFLICT"
            + " SSV [11] 0 SubstreamID [31:12] 0 StreamID [63:32] 0x20 Reason [95:64] 0xdeadbeef"
      })
  void anEventHasNoFieldsOfOthers(String hex, String text) {
    assertThat(decode("event", hex)).isZero();
    assertThat(out.toString().strip().replaceAll("\\s+", " ")).isEqualTo(text);
  }

  /** PASID 5 of stream 0x20 wants to write 0x7ffff000; the last of group 3. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0xe000000500000020 0x000000007ffff003",
        "E000000500000020,7FFFF003",
        "0x00000020 0xe0000005 0x7ffff003 0x00000000",
        "20000000050000e003f0ff7f00000000",
        "2000 0000 0500 00e0 03f0 ff7f 0000 0000",
        "20 00 00 00 05 00 00 e0 03 f0 ff 7f 00 00 00 00"
      })
  void wordsAndBytesAreReadAlike(String hex) {
    assertThat(decode("pri", hex)).isZero();
    assertThat(lines())
        .isEqualTo(
            """
            page request
             StreamID [31:0] 0x20
             SubstreamID [51:32] 5
             PRIV [58] 0
             X [59] 0
             R [60] 0
             W [61] 1
             LAST [62] 1
             SSV [63] 1
             PRG_INDEX [72:64] 3
             ADDRESS [127:76] 0x7ffff000
            """);
  }

  @Test
  void bitsOutsideOfAllFieldsArePointedOut() {
    assertThat(decode("cmd", "0x8000000000f00046 0x8000000000000001")).isZero();
    assertThat(lines()).contains(" set, but in none of these fields: [21:20], [64], [127]\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cmd | 0x46 | a command has 2 words of 64 bits; 1 number with 2 digits in all is something",
        "ste | 1 2 3 | a stream table entry has 8 words of 64 bits; 3 numbers with 3 digits",
        "cmd | 12345678901234567 0 | 2 numbers with 18 digits in all is something else; use 2",
        "cmd | 0x46 0xg | '0xg' is not hexadecimal; use digits such as 0x0000040800000003",
        "cmd | 0x99 0 | no command has the opcode 0x99, bits [7:0] of the first word",
        "event | 0xff 0 0 0 | no event has the number 0xff, bits [7:0] of the first word"
      })
  void whatIsNoEntryIsRefused(String kind, String hex, String sentence) {
    assertThat(decode(kind, hex)).isEqualTo(2);
    assertThat(err.toString()).startsWith("smmulator: ").contains(sentence).hasLineCount(1);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void everyCommandAndEventHasAText() {
    for (CommandOpcode opcode : CommandOpcode.values()) {
      assertThat(decode("cmd", Integer.toHexString(opcode.code()) + " 0")).isZero();
    }
    for (EventType type : EventType.values()) {
      assertThat(decode("event", Integer.toHexString(type.id()) + " 0 0 0")).isZero();
    }
    assertThat(out.toString()).contains("TLBI_S2_IPA\n", "PREFETCH_ADDR\n", "E_PAGE_REQUEST\n");
  }
}
