package org.smmulator.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.StepReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code smmulator do}: what is asked goes to the machine, which judges it. */
@Command(
    name = "do",
    description = {
      "Does one step of the scenario language on a running machine, waits until it is done and"
          + " prints what it caused.",
      "",
      "Ctrl-C ends the waiting, not the step. Only the user who runs the machine may: the machine"
          + " writes a token to a file that nobody else can read.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class)
final class DoCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Mixin private final StepSender sender;

  @Option(names = "--json", description = "Print JSON instead of a table and a tree.")
  private boolean json;

  @Parameters(
      paramLabel = "STEP",
      description = "Such as 'munmap: {process: alice, page: 0, pages: 16}'.")
  private String step = "";

  DoCommand(Ticks ticks) {
    this.sender = new StepSender(ticks);
  }

  @Override
  public Integer call() throws UserException, InterruptedException {
    StepReport report = sender.perform(step);
    Output output = Output.of(spec);
    if (json) {
      output.print(report.json());
      StepSender.requireDone(report);
    } else {
      StepSender.tell(report, output);
    }
    return ExitCode.OK.code();
  }
}
