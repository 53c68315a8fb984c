package org.smmulator.cli;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.config.ModelOptions;
import org.smmulator.device.DeviceTypes;
import org.smmulator.device.KnownType;
import org.smmulator.device.ModelOption;
import org.smmulator.launch.UserException;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The part of {@code attach --help} that tells of the models that there are. */
final class ModelHelp {
  private static final String SECTION = "models";

  private ModelHelp() {}

  /** Puts it behind the options. */
  static void addTo(CommandLine line) {
    AttachCommand command = (AttachCommand) line.getCommand();
    UsageMessageSpec usage = line.getCommandSpec().usageMessage();
    List<String> keys = new ArrayList<>(usage.sectionKeys());
    keys.add(keys.indexOf(UsageMessageSpec.SECTION_KEY_OPTION_LIST) + 1, SECTION);
    usage.sectionKeys(keys);
    usage.sectionMap().put(SECTION, help -> text(help, command));
  }

  private static String text(Help help, AttachCommand command) {
    try {
      command.plugins().use();
    } catch (UserException e) {
      return e.getMessage() + System.lineSeparator();
    }
    KnownType named = DeviceTypes.offered().named(command.modelName());
    List<KnownType> told = named == null ? DeviceTypes.offered().all() : List.of(named);
    Help.TextTable table =
        Help.TextTable.forColumns(
            help.colorScheme(),
            new Help.Column(26, 2, Help.Column.Overflow.SPAN),
            new Help.Column(
                help.commandSpec().usageMessage().width() - 26, 1, Help.Column.Overflow.WRAP));
    for (KnownType type : told) {
      table.addRowValues(type.name(), type.help());
      for (ModelOption option : type.options()) {
        table.addRowValues("  " + option.name(), ModelOptions.described(option));
      }
    }
    return String.format("%nModels, and what --option gives them:%n") + table;
  }
}
