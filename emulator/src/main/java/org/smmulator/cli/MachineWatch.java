package org.smmulator.cli;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.Rates;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.SummaryJson;

/** A running machine that is asked for its summary again and again, until it is there no more. */
final class MachineWatch {
  private static final String SUMMARY = "/api/summary";

  private final MachineHttp machine;
  private final Ticks ticks;
  private final long startNanos;
  private Summary last;
  private long lastNanos;

  private MachineWatch(MachineHttp machine, Ticks ticks, Summary first) {
    this.machine = machine;
    this.ticks = ticks;
    last = first;
    startNanos = ticks.nanos();
    lastNanos = startNanos;
  }

  /** Asks for the first time, so that a machine that is not there is an error. */
  static MachineWatch start(MachineHttp machine, Ticks ticks) throws UserException {
    return new MachineWatch(machine, ticks, read(machine, machine.get(SUMMARY)));
  }

  Summary last() {
    return last;
  }

  /** What was counted since it was asked before; nothing, if the machine has ended. */
  Optional<Rates> ask() throws UserException {
    String body;
    try {
      body = machine.ask(SUMMARY);
    } catch (SocketTimeoutException e) {
      throw machine.unanswered();
    } catch (IOException e) {
      return Optional.empty();
    }
    Summary before = last;
    long beforeNanos = lastNanos;
    last = read(machine, body);
    lastNanos = ticks.nanos();
    return Optional.of(new Rates(before, last, Math.max(1, lastNanos - beforeNanos)));
  }

  /**
   * Asks at each interval, so many times or until nobody reads the output.
   *
   * @return whether the machine has ended
   */
  boolean follow(Output output, long intervalNanos, int count, Consumer<Rates> taker)
      throws UserException, InterruptedException {
    SignalHook hook = SignalHook.add(() -> output.say("smmulator: " + stopped()));
    try {
      for (int left = count; left > 0 && !output.isUnread(); left--) {
        ticks.pause(intervalNanos);
        Optional<Rates> rates = ask();
        if (rates.isEmpty()) {
          return true;
        }
        taker.accept(rates.get());
      }
      return false;
    } finally {
      hook.remove();
    }
  }

  private static Summary read(MachineHttp machine, String body) throws UserException {
    try {
      return SummaryJson.read(body);
    } catch (IOException e) {
      throw machine.unlikeAMachine(String.valueOf(e.getMessage()));
    }
  }

  /** How long it has been watched, for people. */
  String elapsed() {
    return String.format(Locale.ROOT, "%.1f s", (ticks.nanos() - startNanos) / 1e9);
  }

  /** Says what is watched. */
  String headline() {
    return machine + ", for " + elapsed();
  }

  /** Says that there is nothing left to watch. */
  String farewell() {
    return machine + " has ended; it was watched for " + elapsed();
  }

  /** Says that the machine is watched no more. */
  String stopped() {
    return machine + " goes on; it was watched for " + elapsed();
  }
}
