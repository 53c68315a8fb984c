package org.smmulator.cli;

import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.smmu.explain.EntryKind;
import org.smmulator.smmu.explain.EntryText;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code smmulator decode}. */
@Command(
    name = "decode",
    description = {
      "Prints the fields of an entry of the SMMU's tables or queues by name.",
      "",
      "HEX is the whole entry in hexadecimal, with or without 0x, between spaces or commas: 64-bit"
          + " words, 32-bit words (the lower one first), or bytes as they lie in memory, by ones"
          + " or twos or all in one as xxd prints them.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class)
final class DecodeCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "KIND",
      description = "ste, cd, cmd (command), event or pri (page request).")
  private EntryKind kind = EntryKind.STE;

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "HEX", description = "The entry.")
  private List<String> hex = List.of();

  @Override
  public Integer call() throws UserException {
    try {
      Output.of(spec).print(EntryText.describe(kind, HexEntry.parse(kind, hex)));
      return ExitCode.OK.code();
    } catch (IllegalArgumentException e) {
      throw new UserException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
  }
}
