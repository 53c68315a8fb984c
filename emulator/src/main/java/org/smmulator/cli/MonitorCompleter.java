package org.smmulator.cli;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.StepVocabulary;
import org.smmulator.config.StepVocabulary.Named;
import org.smmulator.config.StepVocabulary.StepKey;

/**
 * Completes steps: their kinds and keys, and the names that the machine has for processes and
 * devices; these for commands, too.
 */
final class MonitorCompleter implements Completer {
  private static final Pattern KIND = Pattern.compile("\\s*(?:-\\s*)?(\\w+)\\s*:.*");

  /** What a name or key may come directly behind. */
  private static final String BEFORE_NAMES = "{[,'\"";

  /** The key whose value comes next, or whose list is open. */
  private static final Pattern OPEN_VALUE =
      Pattern.compile(".*[{,]\\s*(\\w+)\\s*:\\s*(\\[[^]]*)?(['\"])?");

  private static final Pattern OPEN_KEY = Pattern.compile(".*[{,]\\s*");

  private final Completer commands;
  private final Function<Named, List<String>> names;

  /**
   * @param commands completes what is no step
   * @param names those that the machine has now
   */
  MonitorCompleter(Completer commands, Function<Named, List<String>> names) {
    this.commands = commands;
    this.names = names;
  }

  @Override
  public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
    String typed = line.line().substring(0, line.cursor());
    String word = line.word().substring(0, line.wordCursor());
    Matcher step = KIND.matcher(typed);
    if (step.matches()) {
      completeStep(step.group(1), typed, word, candidates);
      return;
    }
    if (line.wordIndex() == 0) {
      StepVocabulary.kinds().forEach(kind -> candidates.add(open(kind + ": {")));
    } else {
      completeName(line.words().get(line.wordIndex() - 1), candidates);
    }
    commands.complete(reader, line, candidates);
  }

  private void completeName(String before, List<Candidate> candidates) {
    Named named =
        switch (before) {
          case "atc", "--device" -> Named.DEVICE;
          case "--process" -> Named.PROCESS;
          default -> Named.NOTHING;
        };
    names.apply(named).forEach(name -> candidates.add(new Candidate(name)));
  }

  private void completeStep(String kind, String typed, String word, List<Candidate> candidates) {
    int start = word.length();
    while (start > 0 && BEFORE_NAMES.indexOf(word.charAt(start - 1)) < 0) {
      start--;
    }
    String lead = word.substring(0, start);
    String before = typed.substring(0, typed.length() - word.length() + start);
    Matcher value = OPEN_VALUE.matcher(before);
    for (StepKey key : StepVocabulary.keys(kind)) {
      if (value.matches() && key.name().equals(value.group(1))) {
        completeValue(key, lead, value.group(2) != null, value.group(3), candidates);
      } else if (OPEN_KEY.matcher(before).matches() && !has(before, key)) {
        candidates.add(open(lead + key.name() + ": "));
      }
    }
  }

  private static boolean has(String before, StepKey key) {
    return before.matches(".*[{,]\\s*" + key.name() + "\\s*:.*");
  }

  /** Opens the list of which it is to be the first; a device is quoted, as YAML wants it. */
  private void completeValue(
      StepKey key,
      String lead,
      boolean listIsOpen,
      @Nullable String quote,
      List<Candidate> candidates) {
    Set<String> values = new TreeSet<>(key.values());
    values.addAll(names.apply(key.named()));
    String mark = key.named() == Named.DEVICE ? "'" : "";
    String bracket = key.list() && !listIsOpen ? "[" : "";
    for (String value : values) {
      String text = quote == null ? bracket + mark + value + mark : value + quote;
      candidates.add(open(lead + text));
    }
  }

  /** Something may follow it at once. */
  private static Candidate open(String text) {
    return new Candidate(text, text, null, null, null, null, false);
  }
}
