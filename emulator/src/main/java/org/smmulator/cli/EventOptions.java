package org.smmulator.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.record.EventKind;
import org.smmulator.story.EventChoice;
import org.smmulator.story.StoryException;
import org.smmulator.story.StoryReader;
import org.smmulator.story.ToldEvent;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** Which events of which file. */
final class EventOptions {
  /** Takes the chosen events. */
  interface Taker {
    void take(ToldEvent event) throws StoryException;
  }

  @Parameters(paramLabel = "FILE", description = "What run --events wrote, or a find of a hunt.")
  private Path file = Path.of("");

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      split = ",",
      converter = Kind.class,
      description = "Of these kinds, such as invalidation,entriesDropped.")
  private List<EventKind> kinds = new ArrayList<>();

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "Of or about a device: its ID or its name.")
  private @Nullable String device;

  @Option(
      names = "--process",
      paramLabel = "NAME",
      description = "About a process, with what followed.")
  private @Nullable String process;

  @Option(
      names = "--step",
      paramLabel = "STEP",
      description = "Of a step, with what followed: 'munmap alice 0-15', or its number.")
  private @Nullable String step;

  @Option(
      names = "--from",
      paramLabel = "TIME",
      converter = Time.class,
      description = "From this time of the run on, such as 1.5ms.")
  private long from;

  @Option(
      names = "--until",
      paramLabel = "TIME",
      converter = Time.class,
      description = "Until this time of the run.")
  private long until = Long.MAX_VALUE;

  @Option(
      names = "--cause",
      paramLabel = "ID",
      description = "The event of this number, with all that followed from it.")
  private long cause;

  /**
   * Reads the file.
   *
   * @throws UserException if it cannot be read, a line is no event, or a name that was asked for is
   *     not in it
   */
  void read(Taker taker) throws UserException {
    EventChoice choice = choice();
    long taken = 0;
    boolean empty = true;
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                Files.newInputStream(file),
                StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPLACE)))) {
      StoryReader reader = new StoryReader(in);
      for (ToldEvent event = reader.next(); event != null; event = reader.next()) {
        empty = false;
        if (choice.takes(event)) {
          taken++;
          taker.take(event);
        }
      }
    } catch (IOException e) {
      throw new UserException(ExitCode.USAGE, file + " cannot be read: " + e);
    } catch (StoryException e) {
      throw new UserException(ExitCode.USAGE, file + ": " + e.getMessage());
    }
    if (empty) {
      throw new UserException(ExitCode.USAGE, file + " is empty; 'run --events FILE' writes one");
    }
    String unknown = taken > 0 ? null : choice.unknown();
    if (unknown != null) {
      throw new UserException(ExitCode.USAGE, file + ": " + unknown);
    }
  }

  private EventChoice choice() {
    EventChoice.Wanted wanted = new EventChoice.Wanted();
    wanted.kinds.addAll(kinds);
    wanted.device = device;
    wanted.process = process;
    wanted.step = step;
    wanted.fromNanos = from;
    wanted.untilNanos = until;
    wanted.cause = cause;
    return new EventChoice(wanted);
  }

  /** A kind as it is spelled in the file. */
  static final class Kind implements ITypeConverter<EventKind> {
    @Override
    public EventKind convert(String text) {
      EventKind kind = StoryReader.kind(text);
      if (kind == null) {
        List<String> all = new ArrayList<>();
        for (EventKind each : EventKind.values()) {
          all.add(each.spelled());
        }
        throw new TypeConversionException(
            "'" + text + "' is no kind of event; there are " + String.join(", ", all));
      }
      return kind;
    }
  }

  /** A time with its unit, in nanoseconds. */
  static final class Time implements ITypeConverter<Long> {
    private static final Pattern FORM = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)(ns|us|ms|s)");

    @Override
    public Long convert(String text) {
      Matcher form = FORM.matcher(text);
      if (!form.matches()) {
        throw new TypeConversionException(
            "'" + text + "' is no time; use a number with ns, us, ms or s, such as 1.5ms");
      }
      double number = Double.parseDouble(form.group(1));
      return (long)
          switch (form.group(2)) {
            case "ns" -> number;
            case "us" -> number * 1e3;
            case "ms" -> number * 1e6;
            default -> number * 1e9;
          };
    }
  }
}
