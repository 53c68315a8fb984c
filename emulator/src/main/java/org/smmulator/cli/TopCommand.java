package org.smmulator.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.DeviceColumn;
import org.smmulator.metrics.Rates;
import org.smmulator.metrics.TopPage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code smmulator top}. */
@Command(
    name = "top",
    description = {
      "Shows what a running machine does in each second, refreshed, with a row for each device.",
      "Columns: hits of the ATC, memory accesses, translation and page requests, invalidations,",
      "entries dropped, entries that the ATC holds and has. Keys sort the rows.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class)
final class TopCommand implements Callable<Integer> {
  private final Ticks ticks;
  private final Screen.@Nullable Opener terminal;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private final MachineHttp machine = new MachineHttp();

  @Option(
      names = "--sort",
      paramLabel = "COLUMN",
      defaultValue = "ACCESSES",
      description = "One of: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private DeviceColumn sort = DeviceColumn.ACCESSES;

  @Option(names = "--batch", description = "Print one block after the other, for no terminal.")
  private boolean batch;

  @Mixin private final WatchOptions often = new WatchOptions();

  private boolean reverse;

  /**
   * @param terminal null for the terminal of this process
   */
  TopCommand(Ticks ticks, Screen.@Nullable Opener terminal) {
    this.ticks = ticks;
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws UserException, InterruptedException {
    Output output = Output.of(spec);
    long interval = often.intervalNanos();
    int count = often.count();
    MachineWatch watched = MachineWatch.start(machine, ticks);
    boolean ended =
        batch
            ? watched.follow(
                output,
                interval,
                count,
                rates -> output.print(String.join("\n", page(watched, rates)) + "\n\n"))
            : onScreen(watched, output, interval, count);
    if (ended) {
      output.say("smmulator: " + watched.farewell());
    }
    return ExitCode.OK.code();
  }

  /** Whether it ended with the machine, and not with a key, or because it was enough. */
  private boolean onScreen(MachineWatch watched, Output output, long interval, int count)
      throws UserException, InterruptedException {
    Screen screen = terminal == null ? SttyScreen.open(output) : terminal.open();
    SignalHook hook =
        SignalHook.add(
            () -> {
              screen.giveBack();
              output.say("smmulator: " + watched.stopped());
            });
    try {
      Rates rates = new Rates(watched.last(), watched.last(), 0);
      for (int left = count; left > 0; left--) {
        if (!untilNextLook(screen, output, watched, rates, interval) || output.isUnread()) {
          return false;
        }
        Optional<Rates> next = watched.ask();
        if (next.isEmpty()) {
          return true;
        }
        rates = next.get();
      }
      return false;
    } finally {
      screen.giveBack();
      hook.remove();
    }
  }

  /** Whether to go on. */
  private boolean untilNextLook(
      Screen screen, Output output, MachineWatch watched, Rates rates, long interval)
      throws InterruptedException {
    long end = ticks.nanos() + interval;
    while (true) {
      show(screen, output, page(watched, rates));
      int key = screen.awaitKey(Math.max(0, end - ticks.nanos()));
      DeviceColumn column = DeviceColumn.of(key);
      if (column != null) {
        reverse = column == sort && !reverse;
        sort = column;
      } else if (key == 'r') {
        reverse = !reverse;
      } else if (key == 'q') {
        return false;
      } else if (key == ' ' || key == Screen.NO_KEY) {
        return true;
      }
    }
  }

  private List<String> page(MachineWatch watched, Rates rates) {
    List<String> page = new ArrayList<>();
    page.add(watched.headline());
    page.addAll(TopPage.lines(rates, sort, reverse));
    return page;
  }

  /** As much as fits, and the keys if they do too. */
  private static void show(Screen screen, Output output, List<String> page) {
    Screen.Size size = screen.size();
    List<String> lines = new ArrayList<>(page.subList(0, Math.min(page.size(), size.rows())));
    if (page.size() + 1 + TopPage.keys().size() <= size.rows()) {
      lines.add("");
      lines.addAll(TopPage.keys());
    }
    lines.replaceAll(line -> line.substring(0, Math.min(line.length(), size.columns())));
    lines.replaceAll(output::coloured);
    screen.show(lines);
  }
}
