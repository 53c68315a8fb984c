package org.smmulator.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.smmulator.execution.Schedule;
import org.smmulator.execution.explore.Exploration;
import org.smmulator.execution.explore.Explorer;
import org.smmulator.execution.explore.Story;
import org.smmulator.execution.explore.StoryFailure;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.Hunt;
import org.smmulator.launch.Progress;
import org.smmulator.launch.UserException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code smmulator hunt}. */
@Command(
    name = "hunt",
    description = {
      "Looks for races: tells stories of two and three actors in whole simulated machines.",
      "Each is told in one order after another, until the time is over. A story that ends badly is",
      "told no more; the way to repeat it and its events are kept.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class)
final class HuntCommand implements Callable<Integer> {
  private static final String ALL = "all";
  private static final int STOP_SECONDS = 15;

  /** Those before it are the tests'. */
  private static final String FIRST_SEED = "1000";

  private final Supplier<Hunt> hunt;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean stopped;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(
      paramLabel = "STORY",
      arity = "0..1",
      defaultValue = ALL,
      description = "A story by its name, or 'all', each in its turn; default: all.")
  private String story = ALL;

  @Option(
      names = "--minutes",
      paramLabel = "N",
      defaultValue = "1",
      description = "How long to go on; default: ${DEFAULT-VALUE}.")
  private double minutes;

  @Option(
      names = "--first-seed",
      paramLabel = "N",
      defaultValue = FIRST_SEED,
      description = "Where to begin; a hunt says where the next one goes on. Default: 1000.")
  private long firstSeed;

  @Option(
      names = "--seeds",
      paramLabel = "FIRST..LAST",
      converter = SimulateOptions.Range.class,
      description = "Tell the orders of these seeds, however long it takes.")
  private @Nullable Seeds seeds;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description = "How many orders at a time; default: as many as there are processors.")
  private int jobs = Runtime.getRuntime().availableProcessors();

  @Mixin private Repeat repeat = new Repeat();

  @Option(
      names = "--finds",
      paramLabel = "FOLDER",
      defaultValue = "finds",
      description = "Where finds are kept, a file each; default: ${DEFAULT-VALUE}.")
  private Path finds = Path.of("");

  HuntCommand(Supplier<Hunt> hunt) {
    this.hunt = hunt;
  }

  /** The options that repeat one order. */
  private static final class Repeat {
    @Option(
        names = "--seed",
        paramLabel = "N",
        description = "Tell a story in the orders of this seed only.")
    @Nullable Long seed;

    @Option(
        names = "--schedule",
        paramLabel = "SCHEDULE",
        converter = ScheduleConverter.class,
        description = "With --seed: in this one order, such as 12+1,40+2.")
    @Nullable Schedule schedule;
  }

  /** As {@link Schedule} writes it. */
  private static final class ScheduleConverter implements ITypeConverter<Schedule> {
    @Override
    public Schedule convert(String text) {
      try {
        return Schedule.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  @Override
  public Integer call() throws UserException {
    List<Story> stories = stories();
    if (!(minutes > 0 && minutes <= TimeUnit.DAYS.toMinutes(365))) {
      throw usage("--minutes: use a number above 0, up to a year");
    }
    if (jobs < 1) {
      throw usage("--jobs: " + jobs + " is out of range; use 1 or more");
    }
    Logger machines = (Logger) LoggerFactory.getLogger("org.smmulator");
    Level level = machines.getLevel();
    if (level == Level.WARN) {
      machines.setLevel(Level.OFF); // what they warn of is part of most stories; -v shows it
    }
    try {
      return hunt(stories, Output.of(spec)).code();
    } finally {
      machines.setLevel(level);
    }
  }

  private ExitCode hunt(List<Story> stories, Output output) throws UserException {
    Long seed = repeat.seed;
    if (seed != null) {
      if (story.equals(ALL)) {
        throw usage("--seed repeats one story; name it: " + names(stories));
      }
      return repeat(stories.get(0), seed, output);
    }
    if (repeat.schedule != null) {
      throw usage("--schedule: name the --seed with it, which decides the times of the machine");
    }
    SignalHook hook = SignalHook.add(this::stop);
    try {
      return huntOn(stories, output);
    } finally {
      ended.countDown();
      hook.remove();
    }
  }

  private List<Story> stories() throws UserException {
    List<Story> all = hunt.get().stories();
    if (story.equals(ALL)) {
      return all;
    }
    List<Story> named = all.stream().filter(s -> s.name().equals(story)).toList();
    if (named.isEmpty()) {
      throw usage("there is no story '" + story + "'; use " + ALL + " or one of " + names(all));
    }
    return named;
  }

  private static String names(List<Story> stories) {
    return String.join(", ", stories.stream().map(Story::name).toList());
  }

  private static UserException usage(String sentence) {
    return new UserException(ExitCode.USAGE, sentence);
  }

  /** Ctrl-C or another signal: what is known so far is said, in bounded time. */
  private void stop() {
    stopped = true;
    try {
      if (!ended.await(STOP_SECONDS, TimeUnit.SECONDS)) {
        Output.of(spec).say("smmulator: the hunt did not end in time; there are no tables");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private ExitCode huntOn(List<Story> stories, Output output) throws UserException {
    Seeds told = seeds == null ? new Seeds(firstSeed, Long.MAX_VALUE) : seeds;
    long nanos = seeds == null ? (long) (minutes * TimeUnit.MINUTES.toNanos(1)) : Long.MAX_VALUE;
    HuntRun run;
    try (Progress progress = new Progress(output.err(), Run.isTerminal(), System::nanoTime)) {
      run = new HuntRun(stories, told, nanos, jobs, () -> stopped);
      run.run(progress);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.STOPPED;
    }
    output.print(HuntTables.of(run.explored(), run.finds().keySet()));
    output.say(run.total());
    for (StoryFailure find : run.finds().values()) {
      found(find, output);
    }
    if (seeds == null) {
      output.say("the next hunt goes on with --first-seed " + run.nextSeed());
    }
    if (!run.finds().isEmpty()) {
      return ExitCode.FAILED;
    }
    return stopped ? ExitCode.STOPPED : ExitCode.OK;
  }

  private ExitCode repeat(Story only, long seed, Output output) throws UserException {
    Schedule schedule = repeat.schedule;
    try (Explorer explorer = new Explorer()) {
      Exploration explored =
          schedule == null ? explorer.repeat(only, seed) : explorer.repeat(only, schedule, seed);
      output.print(HuntTables.of(List.of(explored), List.of()));
      return ExitCode.OK;
    } catch (StoryFailure failure) {
      found(failure, output);
      return ExitCode.FAILED;
    }
  }

  /** Tells it once more, for its events. */
  private void found(StoryFailure find, Output output) throws UserException {
    Story ended = find.story();
    String again =
        "smmulator hunt %s --seed %d --schedule %s"
            .formatted(ended.name(), find.seed(), find.schedule());
    EventTail events = new EventTail();
    try (Explorer explorer = new Explorer()) {
      explorer.record(ended, find.schedule(), find.seed(), events.recorder());
    }
    Path file = finds.resolve(ended.name() + "-" + find.seed() + ".jsonl");
    output.say(find.why() + "; to repeat it:");
    output.say(again);
    events.save(file, List.of(again, find.why()), output);
    output.say("this line and its last events are in " + file);
  }
}
