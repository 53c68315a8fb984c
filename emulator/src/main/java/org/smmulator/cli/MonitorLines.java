package org.smmulator.cli;

import java.util.List;
import java.util.regex.Pattern;
import org.smmulator.config.StepVocabulary;
import org.smmulator.config.StepVocabulary.StepKey;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** What is typed at the prompt: steps, and the commands that look at the same machine. */
final class MonitorLines {
  private static final Pattern STEP = Pattern.compile("\\s*(-\\s*)?(\\w+\\s*:|[{\\[]).*");

  /** The commands have no name before them here. */
  @Command(
      name = "",
      description = {
        "Type a step of the scenario language, such as  exit: {process: alice}",
        "or one of the commands below, which look at the machine. The tabulator completes both.",
        ""
      },
      footer = {"", "exit and Ctrl-D end the prompt, and nothing of the machine."})
  private static final class Root {}

  private final StepSender sender;
  private final Output output;
  private final CommandLine commands;

  MonitorLines(StepSender sender, Output output, Ticks ticks) {
    this.sender = sender;
    this.output = output;
    this.commands = commands(ticks);
    SmmulatorCommand.handleFailures(commands);
    commands.setExecutionExceptionHandler(
        (e, failed, parsed) ->
            e instanceof InterruptedException
                ? ExitCode.OK.code()
                : SmmulatorCommand.failed(e, failed, parsed));
    commands.setOut(output.out());
    commands.setErr(output.err());
    commands.setColorScheme(CommandLine.Help.defaultColorScheme(output.ansi()));
    commands.setDefaultValueProvider(
        argument ->
            argument instanceof CommandLine.Model.OptionSpec option
                    && option.longestName().equals("--http")
                ? sender.machine().address()
                : null);
  }

  private static CommandLine commands(Ticks ticks) {
    return new CommandLine(new Root())
        .addSubcommand(new PsCommand())
        .addSubcommand(new AtcCommand())
        .addSubcommand(new ExplainCommand())
        .addSubcommand(new StatsCommand(ticks))
        .addSubcommand(new DecodeCommand())
        .addSubcommand(new CommandLine.HelpCommand());
  }

  /** The commands anew, for completion: picocli gives what it completes another output. */
  static CommandLine.Model.CommandSpec commandsToComplete(Ticks ticks) {
    return commands(ticks).getCommandSpec();
  }

  /**
   * Does what a line says, and says what came of it.
   *
   * @return an exit code
   */
  int execute(String line) throws InterruptedException {
    if (line.isBlank() || line.strip().startsWith("#")) {
      return ExitCode.OK.code();
    }
    try {
      if (STEP.matcher(line).matches()) {
        StepSender.tell(sender.perform(line), output);
        return ExitCode.OK.code();
      }
      List<String> words = List.of(line.strip().split("\\s+"));
      if (StepVocabulary.kinds().contains(words.get(0))) {
        throw new UserException(
            ExitCode.USAGE, words.get(0) + " is a step; write it as " + template(words.get(0)));
      }
      return commands.execute(words.toArray(String[]::new));
    } catch (UserException e) {
      output.say("smmulator: " + e.getMessage());
      return e.exitCode().code();
    }
  }

  /** A step with what it needs. */
  private static String template(String kind) {
    StringBuilder keys = new StringBuilder();
    for (StepKey key : StepVocabulary.keys(kind)) {
      if (key.required()) {
        keys.append(keys.isEmpty() ? "" : ", ").append(key.name());
        keys.append(key.list() ? ": [..]" : ": ..");
      }
    }
    return kind + ": {" + keys + "}";
  }
}
