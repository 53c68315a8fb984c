package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What a process prints, which is read all the time. */
final class LinesSaid {
  private final List<String> lines = new ArrayList<>();
  private boolean ended;

  LinesSaid(InputStream from) {
    CompletableFuture<Void> unused = CompletableFuture.runAsync(() -> read(from), this::start);
  }

  private void start(Runnable reading) {
    Thread thread = new Thread(reading, "reader");
    thread.setDaemon(true);
    thread.start();
  }

  private void read(InputStream from) {
    try (BufferedReader in = new BufferedReader(new InputStreamReader(from, UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        add(line.stripTrailing());
      }
    } catch (IOException e) {
      add("cannot be read: " + e.getMessage());
    } finally {
      end();
    }
  }

  private synchronized void add(String line) {
    lines.add(line);
    notifyAll();
  }

  private synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** The first line that has this in it, which may be there already. */
  synchronized String await(String what) throws InterruptedException {
    for (int next = 0; ; ) {
      for (; next < lines.size(); next++) {
        if (lines.get(next).contains(what)) {
          return lines.get(next);
        }
      }
      assertThat(ended)
          .as("it has ended without '%s':\n%s", what, String.join("\n", lines))
          .isFalse();
      wait();
    }
  }

  /** All lines, of a process that has ended. */
  synchronized List<String> awaitEnd() throws InterruptedException {
    while (!ended) {
      wait();
    }
    return List.copyOf(lines);
  }

  /** All lines so far. */
  synchronized List<String> all() {
    return List.copyOf(lines);
  }
}
