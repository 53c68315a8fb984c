package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;

/**
 * The terminal that controls this process, with what every terminal understands: {@code stty} makes
 * it give keys at once, and the oldest control sequences draw. Nothing else is loaded for it, so it
 * is the same over ssh.
 */
final class SttyScreen implements Screen {
  private static final String DEVICE = "/dev/tty";

  /** Of a terminal that does not say. */
  private static final Size USUAL = new Size(24, 80);

  /** A screen of its own without cursor; and back. */
  private static final String ENTER = "\u001b[?1049h\u001b[?25l";

  private static final String LEAVE = "\u001b[?25h\u001b[?1049l";
  private static final String TOP_LEFT = "\u001b[H";
  private static final String ERASE_TO_END_OF_LINE = "\u001b[K";
  private static final String ERASE_BELOW = "\u001b[J";

  private final Output output;
  private final String saved;
  private final InputStream keys;
  private boolean givenBack;

  private SttyScreen(Output output, String saved, InputStream keys) {
    this.output = output;
    this.saved = saved;
    this.keys = keys;
  }

  static Screen open(Output output) throws UserException {
    // Of standard output, which is the shell's too; what stty says comes on the other one.
    String saved = shell("test -t 1 && stty -g <" + DEVICE + " >&2", true);
    if (saved == null) {
      throw new UserException(
          ExitCode.USAGE, "there is no terminal to show this on; use --batch for plain lines");
    }
    try {
      SttyScreen screen = new SttyScreen(output, saved, new FileInputStream(DEVICE));
      // A read ends after a tenth of a second; and nobody may stop us with the terminal like this.
      shell("stty -icanon -echo susp undef min 0 time 1 <" + DEVICE, false);
      screen.write(ENTER);
      return screen;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a shell's command says; null if it fails. */
  private static @Nullable String shell(String command, boolean onStandardError) {
    ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", command);
    if (onStandardError) {
      builder.redirectOutput(ProcessBuilder.Redirect.INHERIT);
    }
    try {
      Process process = builder.start();
      InputStream said = onStandardError ? process.getErrorStream() : process.getInputStream();
      String text = new String(said.readAllBytes(), UTF_8).strip();
      return process.waitFor() == 0 ? text : null;
    } catch (IOException e) {
      return null; // a system without a shell has no such terminal
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  @Override
  public Size size() {
    String size = shell("stty size <" + DEVICE, false);
    if (size == null || !size.matches("[1-9][0-9]{0,4} [1-9][0-9]{0,4}")) {
      return USUAL;
    }
    int space = size.indexOf(' ');
    return new Size(
        Integer.parseInt(size.substring(0, space)), Integer.parseInt(size.substring(space + 1)));
  }

  @Override
  public void show(List<String> lines) {
    StringBuilder page = new StringBuilder(TOP_LEFT);
    for (int i = 0; i < lines.size(); i++) {
      page.append(i == 0 ? "" : "\r\n").append(lines.get(i)).append(ERASE_TO_END_OF_LINE);
    }
    write(page + ERASE_BELOW);
  }

  private synchronized void write(String text) {
    if (!givenBack) {
      output.out().print(text);
      output.out().flush();
    }
  }

  @Override
  public int awaitKey(long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    try {
      do {
        int key = keys.read();
        if (key >= 0) {
          return key;
        }
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
      } while (System.nanoTime() - end < 0);
      return NO_KEY;
    } catch (IOException e) {
      return 'q'; // the terminal has gone, and with it whoever looked
    }
  }

  @Override
  public synchronized void giveBack() {
    if (!givenBack) {
      write(LEAVE);
      givenBack = true;
      shell("stty " + saved + " <" + DEVICE, false);
    }
  }
}
