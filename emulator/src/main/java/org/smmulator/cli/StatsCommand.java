package org.smmulator.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.RateTables;
import org.smmulator.metrics.SummaryJson;
import org.smmulator.metrics.SummaryTables;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code smmulator stats}. */
@Command(
    name = "stats",
    description = {
      "Prints the tables of a running machine.",
      "With --watch it prints again and again what changed, for each second, until Ctrl-C or the",
      "end of the machine.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class)
final class StatsCommand implements Callable<Integer> {
  private final Ticks ticks;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private final MachineHttp machine = new MachineHttp();

  @Option(names = "--json", description = "Print JSON instead of tables.")
  private boolean json;

  @Option(names = "--watch", description = "Print differences per second, again and again.")
  private boolean watch;

  @Mixin private final WatchOptions often = new WatchOptions();

  StatsCommand(Ticks ticks) {
    this.ticks = ticks;
  }

  @Override
  public Integer call() throws UserException, InterruptedException {
    Output output = Output.of(spec);
    if (watch) {
      watch(output);
      return ExitCode.OK.code();
    }
    if (often.isGiven()) {
      throw new UserException(
          ExitCode.USAGE, "--interval and --count go with --watch; add it, or leave them out");
    }
    String body = machine.get("/api/summary");
    try {
      output.print(json ? body : SummaryTables.render(SummaryJson.read(body)));
      return ExitCode.OK.code();
    } catch (IOException e) {
      throw machine.unlikeAMachine(String.valueOf(e.getMessage()));
    }
  }

  private void watch(Output output) throws UserException, InterruptedException {
    if (json) {
      throw new UserException(
          ExitCode.USAGE, "--json has no differences; leave it out, or leave out --watch");
    }
    long interval = often.intervalNanos();
    int count = often.count();
    MachineWatch watched = MachineWatch.start(machine, ticks);
    boolean ended =
        watched.follow(
            output,
            interval,
            count,
            rates -> {
              output.print("After " + watched.elapsed() + ", for each second\n");
              output.print(RateTables.render(rates) + "\n");
            });
    if (ended) {
      output.say("smmulator: " + watched.farewell());
    }
  }
}
