package org.smmulator.story;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The judge is judged: it accepts a right trace, and finds each fault that is put into it. */
class TraceEventFormatTest {
  private static final String RIGHT =
      """
      {"displayTimeUnit":"ns","traceEvents":[
      {"ph":"M","pid":1,"tid":1,"name":"thread_name","args":{"name":"a"}},
      {"ph":"M","pid":1,"tid":2,"name":"thread_name","args":{"name":"b"}},
      {"ph":"B","pid":1,"tid":1,"ts":1.5,"name":"call","args":{}},
      {"ph":"s","pid":1,"tid":1,"ts":1.5,"name":"causes","cat":"c","id":7},
      {"ph":"X","pid":1,"tid":2,"ts":2,"dur":0,"name":"effect"},
      {"ph":"f","pid":1,"tid":2,"ts":2,"name":"causes","cat":"c","id":7,"bp":"e"},
      {"ph":"X","pid":1,"tid":1,"ts":2,"dur":3,"name":"inside"},
      {"ph":"E","pid":1,"tid":1,"ts":6}
      ]}
      """;

  @Test
  void aRightTraceIsAccepted() {
    assertThat(TraceEventFormat.faultsOf(RIGHT)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "traceEvents | events | no array traceEvents",
        "]} | ] | no JSON",
        "\"ns\" | \"s\" | unit",
        "\"ph\":\"E\" | \"ph\":\"Z\" | phase",
        "\"ts\":6 | \"ts\":\"6\" | time",
        "\"ts\":6 | \"ts\":1 | goes back in time on its track",
        "\"ph\":\"E\",\"pid\":1,\"tid\":1 | \"ph\":\"E\",\"pid\":1,\"tid\":2 | no end on 1/1",
        "\"dur\":3 | \"during\":3 | dur",
        "\"dur\":0,\"name\":\"effect\" | \"dur\":0 | no name",
        "\"args\":{} | \"args\":3 | args are no object",
        "\"args\":{\"name\":\"b\"} | \"args\":{} | metadata without its value",
        "\"tid\":2,\"name\":\"thread_name\" | \"tid\":3,\"name\":\"thread_name\" | no name: 1/2",
        "\"id\":7,\"bp\" | \"id\":8,\"bp\" | a flow from nowhere",
        "\"ph\":\"f\" | \"ph\":\"i\" | flows without an end",
        "\"tid\":2,\"ts\":2,\"name\":\"causes\" | \"tid\":2,\"ts\":3,\"name\":\"causes\""
            + " | a flow on no slice",
        "\"tid\":1,\"ts\":1.5,\"name\":\"causes\" | \"tid\":1,\"ts\":1,\"name\":\"causes\""
            + " | a flow on no slice",
        "\"ts\":1.5,\"name\":\"causes\" | \"ts\":2.5,\"name\":\"causes\" | a flow from nowhere",
        "\"bp\":\"e\" | \"bp\":\"s\" | bp is e",
      })
  void eachFaultIsFound(String right, String wrong, String fault) {
    assertThat(RIGHT).contains(right);
    assertThat(TraceEventFormat.faultsOf(RIGHT.replace(right, wrong)))
        .anyMatch(found -> found.contains(fault));
  }
}
