package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Writer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A kernel in QEMU, on a {@link LinuxMachine}, and its console. */
final class LinuxGuest implements AutoCloseable {
  private final Process qemu;
  private final LinesSaid said;
  private final Writer console;
  private int commands;

  /**
   * Starts it.
   *
   * @param machineEnds without it QEMU would wait for ever
   */
  LinuxGuest(ProcessBuilder command, CompletableFuture<Process> machineEnds) throws IOException {
    qemu = command.redirectErrorStream(true).start();
    CompletableFuture<Void> unused = machineEnds.thenRun(qemu::destroy);
    said = new LinesSaid(qemu.getInputStream());
    console = qemu.outputWriter(UTF_8);
  }

  /** Has the guest do something, and waits until it is done. */
  void does(String what) throws Exception {
    String unused = awaits("boot: user space after "); // before that nobody reads
    type(what);
    commands++;
    unused = awaits("boot: done " + commands + ": " + what);
  }

  private void type(String line) throws IOException {
    console.write(line + "\n");
    console.flush();
  }

  /** The first line on the console that has this in it. */
  String awaits(String part) throws InterruptedException {
    return said.await(part);
  }

  /** All that the console has shown so far. */
  List<String> said() {
    return said.all();
  }

  /** Prints what the guest said in these words, for who reads the test's output. */
  void print(String part) {
    said().stream().filter(line -> line.contains(part)).forEach(System.out::println);
  }

  /** Turns it off. */
  void off() throws Exception {
    String unused = awaits("boot: user space after ");
    type("off");
    List<String> unusedLines = ends();
  }

  /** All that the console has shown when the guest has turned itself off. */
  List<String> ends() throws InterruptedException {
    List<String> all = said.awaitEnd();
    assertThat(qemu.waitFor()).as(String.join("\n", all)).isZero();
    return all;
  }

  @Override
  public void close() {
    qemu.destroy();
  }
}
