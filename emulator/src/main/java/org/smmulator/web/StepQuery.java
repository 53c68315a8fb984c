package org.smmulator.web;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.smmulator.history.Pace;
import org.smmulator.query.Parameters;

/**
 * The parameters of {@code /api/step}. What is wrong with them is an {@link
 * IllegalArgumentException} whose message is a sentence.
 */
final class StepQuery {
  private static final Set<String> NAMES = Set.of("step", "do", "nanos");
  private static final long MOST_NANOS = 3_600_000_000_000L;
  private static final String RIGHT =
      "do is pause, run, next (to the next moment), step (to the scenario's next step) or time"
          + " (with nanos=..)";

  private final Map<String, List<String>> parameters;

  private StepQuery(Map<String, List<String>> parameters) {
    this.parameters = parameters;
  }

  /** What a POST asks for: the part of its URI after the path. */
  static StepQuery of(String uri) {
    Map<String, List<String>> parameters = new QueryStringDecoder(uri).parameters();
    for (Map.Entry<String, List<String>> parameter : parameters.entrySet()) {
      if (!NAMES.contains(parameter.getKey()) || parameter.getValue().size() != 1) {
        throw new IllegalArgumentException(
            Parameters.shown(parameter.getKey())
                + ": give step, or do, and nanos for time, once each");
      }
    }
    if (parameters.containsKey("step") && parameters.size() > 1) {
      throw new IllegalArgumentException("step stands alone");
    }
    return new StepQuery(parameters);
  }

  /** The number of a step by hand that a GET asks about; null if it does not. */
  static @Nullable String number(String uri) {
    List<String> numbers = new QueryStringDecoder(uri).parameters().get("number");
    if (numbers == null) {
      return null;
    }
    String number = numbers.get(0);
    if (numbers.size() != 1 || !number.matches("[0-9]{1,18}")) {
      throw new IllegalArgumentException(
          "number: " + Parameters.shown(number) + " is wrong; give the one that POST answered");
    }
    return number;
  }

  /** The step that is to be done; null if the machine is to be held or let go on. */
  @Nullable String step() {
    return first("step");
  }

  /** Does what it says. */
  void tell(Pace pace) {
    String what = first("do");
    if (what == null) {
      throw new IllegalArgumentException("do is missing; " + RIGHT);
    }
    if (parameters.containsKey("nanos") && !what.equals("time")) {
      throw new IllegalArgumentException("nanos goes with do=time only");
    }
    switch (what) {
      case "pause" -> pace.pause();
      case "run" -> pace.run();
      case "next" -> pace.stepToNext();
      case "step" -> pace.stepToNextStep();
      case "time" -> pace.stepFor(nanos(first("nanos")));
      default ->
          throw new IllegalArgumentException(
              "do: " + Parameters.shown(what) + " is not possible; " + RIGHT);
    }
  }

  private @Nullable String first(String name) {
    List<String> values = parameters.get(name);
    return values == null ? null : values.get(0);
  }

  private static long nanos(@Nullable String text) {
    if (text != null && text.matches("[0-9]{1,18}")) {
      long nanos = Long.parseLong(text);
      if (nanos >= 1 && nanos <= MOST_NANOS) {
        return nanos;
      }
    }
    throw new IllegalArgumentException(
        "nanos: "
            + (text == null ? "missing" : Parameters.shown(text) + " is wrong")
            + "; give a number from 1 to "
            + MOST_NANOS);
  }
}
