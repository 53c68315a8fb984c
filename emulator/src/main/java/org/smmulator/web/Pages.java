package org.smmulator.web;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.history.News;
import org.smmulator.history.Pace;
import org.smmulator.metrics.PrometheusText;
import org.smmulator.metrics.SummaryJson;
import org.smmulator.query.AtcQuery;
import org.smmulator.query.ExplainQuery;
import org.smmulator.query.Parameters;
import org.smmulator.smmu.explain.Question;
import org.smmulator.story.ChangeLog;

/** The answers, each by its path. */
final class Pages {
  private static final Logger LOG = LoggerFactory.getLogger(Pages.class);
  static final String STEP = "/api/step";
  private static final List<String> PATHS =
      List.of(
          "/",
          "/metrics",
          "/api/summary",
          "/api/processes",
          "/api/streams",
          "/api/atc",
          "/api/explain",
          "/api/history",
          "/api/stream",
          "/api/changes",
          STEP);

  private final WatchedMachine machine;
  private final Assets assets = new Assets();

  Pages(WatchedMachine machine) {
    this.machine = machine;
  }

  /** All of them, in words; what the page is made of left out. */
  String paths() {
    int last = PATHS.size() - 1;
    return String.join(", ", PATHS.subList(0, last)) + " and " + PATHS.get(last);
  }

  boolean has(String path) {
    return PATHS.contains(path) || assets.get(path) != null;
  }

  /**
   * Answers, whatever happens.
   *
   * @param path one that is there
   * @param uri the path with its parameters
   */
  Answer get(String path, String uri) {
    Answer asset = assets.get(path);
    return asset != null ? asset : answer(path, () -> page(path, uri));
  }

  private Answer page(String path, String uri) {
    return switch (path) {
      case "/metrics" -> Answer.ok(PrometheusText.CONTENT_TYPE, metrics());
      case "/api/summary" -> Answer.json(SummaryJson.write(machine.summary()));
      case "/api/processes" -> Answer.json(machine.processes().json());
      case "/api/streams" -> Answer.json(machine.streams().json());
      case "/api/atc" -> Answer.json(atc(uri));
      case "/api/history" -> Answer.json(machine.watch().history(machine.name()));
      case "/api/stream" -> Answer.STREAM;
      case "/api/changes" -> changes(uri);
      case STEP -> step(uri);
      default -> Answer.ok("text/plain", explain(uri));
    };
  }

  private static Answer answer(String path, Supplier<Answer> page) {
    try {
      return page.get();
    } catch (IllegalArgumentException e) {
      return Answer.plain(HttpResponseStatus.BAD_REQUEST, String.valueOf(e.getMessage()));
    } catch (IllegalStateException e) {
      return Answer.plain(HttpResponseStatus.SERVICE_UNAVAILABLE, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      LOG.error("cannot answer {}", path, e);
      return Answer.plain(
          HttpResponseStatus.INTERNAL_SERVER_ERROR, "internal error; the machine's log has it");
    }
  }

  /**
   * Does a step, holds the machine or lets it go on, if who asks may.
   *
   * @param authorization what the request says of that
   */
  Answer step(String uri, @Nullable String authorization) {
    Control control = machine.control();
    if (control == null) {
      return Answer.plain(
          HttpResponseStatus.CONFLICT,
          "nothing can be done here with this machine: the guest is a program of yours");
    }
    if (authorization == null || !control.token().isIn(authorization)) {
      return Answer.plain(
          HttpResponseStatus.UNAUTHORIZED,
          "the machine wrote a token to a file when it started; send it as Authorization: Bearer"
              + " TOKEN");
    }
    StepQuery query;
    try {
      query = StepQuery.of(uri);
    } catch (IllegalArgumentException e) {
      return Answer.plain(HttpResponseStatus.BAD_REQUEST, String.valueOf(e.getMessage()));
    }
    return query.step() == null ? tell(query, control.pace()) : perform(query, control.hand());
  }

  private Answer tell(StepQuery query, @Nullable Pace pace) {
    if (pace == null) {
      return Answer.plain(
          HttpResponseStatus.CONFLICT,
          "this machine runs on real time; start it with run --simulated --live to hold it");
    }
    return answer(
        STEP,
        () -> {
          query.tell(pace);
          return state();
        });
  }

  private static Answer perform(StepQuery query, Control.@Nullable Hand hand) {
    if (hand == null) {
      return Answer.plain(
          HttpResponseStatus.CONFLICT,
          "a simulated machine does what its file says in the order of its seed; add the step to"
              + " the file, or run it without --simulated");
    }
    return answer(
        STEP,
        () -> Answer.json("{\"number\":" + hand.perform(String.valueOf(query.step())) + "}\n"));
  }

  /** How a step by hand is going; without its number, whether the machine is held. */
  private Answer step(String uri) {
    String number = StepQuery.number(uri);
    Control control = machine.control();
    if (number == null || control == null || control.hand() == null) {
      return state();
    }
    return Answer.json(control.hand().report(Long.parseLong(number)).json());
  }

  private Answer state() {
    Control control = machine.control();
    String state = Pace.word(control == null ? null : control.pace());
    return Answer.json("{\"state\":\"" + state + "\"}\n");
  }

  /** What is new to one client, whenever it is asked. */
  News news() {
    return machine.watch().news();
  }

  private Answer changes(String uri) {
    ChangeLog changes = machine.watch().changes();
    List<String> ids = new QueryStringDecoder(uri).parameters().get("id");
    if (ids == null) {
      return Answer.json(changes.json());
    }
    String id = ids.get(0);
    String found = id.matches("[0-9]{1,18}") ? changes.json(Long.parseLong(id)) : null;
    return found != null
        ? Answer.json(found)
        : Answer.plain(
            HttpResponseStatus.NOT_FOUND,
            "no change " + Parameters.shown(id) + " is kept; /api/changes lists those that are");
  }

  private String metrics() {
    return PrometheusText.write(machine.name(), machine.summary());
  }

  private String atc(String uri) {
    return AtcQuery.answer(parameters(uri), machine, machine::atc).json();
  }

  private String explain(String uri) {
    Question question = ExplainQuery.question(parameters(uri), machine);
    return String.join("\n", machine.explain(question)) + "\n";
  }

  private static Parameters parameters(String uri) {
    return new Parameters(new QueryStringDecoder(uri).parameters(), "%s=..");
  }
}
