package org.smmulator.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.story.EventStatistics;
import org.smmulator.story.EventTree;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code smmulator events}. */
@Command(
    name = "events",
    description = {"Reads what 'run --events' wrote: what happened, in order and by cause.", ""},
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {EventsCommand.Cat.class, EventsCommand.Filter.class, EventsCommand.Stats.class})
final class EventsCommand implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "no command; use cat, filter or stats");
    }
  }

  /** {@code smmulator events cat}. */
  @Command(
      name = "cat",
      description = {"Prints a line for each event.", ""},
      mixinStandardHelpOptions = true,
      versionProvider = SmmulatorCommand.Version.class)
  static final class Cat implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;
    @Mixin private EventOptions events = new EventOptions();

    @Option(names = "--tree", description = "Each event below its cause, instead of in order.")
    private boolean tree;

    @Override
    public Integer call() throws UserException {
      Output output = Output.of(spec);
      if (tree) {
        EventTree byCause = new EventTree();
        events.read(byCause::add);
        byCause.lines(output.out()::println);
      } else {
        events.read(event -> output.out().println(event.inWords(0)));
      }
      output.out().flush();
      return ExitCode.OK.code();
    }
  }

  /** {@code smmulator events filter}. */
  @Command(
      name = "filter",
      description = {"Prints the chosen events as they are in the file: lines of JSON.", ""},
      mixinStandardHelpOptions = true,
      versionProvider = SmmulatorCommand.Version.class)
  static final class Filter implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;
    @Mixin private EventOptions events = new EventOptions();

    @Option(names = "--text", description = "Print them as 'events cat' does.")
    private boolean text;

    @Override
    public Integer call() throws UserException {
      Output output = Output.of(spec);
      events.read(event -> output.out().println(text ? event.inWords(0) : event.json()));
      output.out().flush();
      return ExitCode.OK.code();
    }
  }

  /** {@code smmulator events stats}. */
  @Command(
      name = "stats",
      description = {
        "Prints how many events of each kind there are, and of each step, and how long what begins"
            + " takes to end.",
        ""
      },
      mixinStandardHelpOptions = true,
      versionProvider = SmmulatorCommand.Version.class)
  static final class Stats implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;
    @Mixin private EventOptions events = new EventOptions();

    @Override
    public Integer call() throws UserException {
      EventStatistics statistics = new EventStatistics();
      events.read(statistics::add);
      Output.of(spec).print(statistics.tables());
      return ExitCode.OK.code();
    }
  }
}
