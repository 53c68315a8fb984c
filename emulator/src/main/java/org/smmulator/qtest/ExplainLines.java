package org.smmulator.qtest;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.query.AskedMachine;
import org.smmulator.query.ExplainQuery;
import org.smmulator.query.Parameters;
import org.smmulator.smmu.explain.Question;

/** The command {@code explain}, which takes the options of the command line's. */
final class ExplainLines {
  private static final String OPTION = "--";
  private static final String FLAG = "privileged";

  private final HarnessMachine machine;
  private final Lines lines;

  ExplainLines(HarnessMachine machine, Lines lines) {
    this.machine = machine;
    this.lines = lines;
  }

  /** {@code explain --stream SID [--pasid SSID] --address ADDR --access read|write|execute ...}. */
  String explain(Words words) throws CommandException {
    Parameters parameters = new Parameters(options(words), OPTION + "%s ..");
    try {
      Question question = ExplainQuery.question(parameters, new Harnessed());
      List<String> explained = machine.explanations().apply(question);
      explained.forEach(line -> lines.line("EXPLAIN " + line));
      return "OK " + explained.size();
    } catch (IllegalArgumentException e) {
      throw CommandException.wrong(String.valueOf(e.getMessage()));
    } catch (IllegalStateException e) {
      throw CommandException.failed(String.valueOf(e.getMessage()));
    }
  }

  private static Map<String, List<String>> options(Words words) throws CommandException {
    Map<String, List<String>> options = new HashMap<>();
    while (words.hasNext()) {
      String word = words.word("an option");
      if (!word.startsWith(OPTION)) {
        throw CommandException.wrong(
            "explain has options, such as --stream 0x20, and no '" + Words.shown(word) + "'");
      }
      String name = word.substring(OPTION.length());
      String value = name.equals(FLAG) ? "true" : words.word("a value of " + Words.shown(word));
      options.computeIfAbsent(name, each -> new ArrayList<>()).add(value);
    }
    return options;
  }

  /** What names stand for, on a machine whose software is outside. */
  private final class Harnessed implements AskedMachine {
    @Override
    public List<DeviceCounters> devices() {
      List<DeviceCounters> devices = new ArrayList<>();
      machine.hardware().run(() -> devices.addAll(machine.root().counters().devices()));
      return devices;
    }

    @Override
    public ProcessTable processes() {
      throw new IllegalStateException("the guest is a program of yours; it knows its processes");
    }
  }
}
