package org.smmulator.cli;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** A terminal with somebody at it who presses the keys that a test gives. */
class FakeScreen implements Screen {
  /** Nothing is pressed until the next look. */
  static final int WAIT = NO_KEY;

  final List<List<String>> pages = new ArrayList<>();
  Size size = new Size(24, 80);
  int givenBack;
  private final HandTicks ticks;
  private final Deque<Integer> keys = new ArrayDeque<>();

  FakeScreen(HandTicks ticks, int... keys) {
    this.ticks = ticks;
    for (int key : keys) {
      this.keys.add(key);
    }
  }

  @Override
  public Size size() {
    return size;
  }

  @Override
  public void show(List<String> lines) {
    pages.add(List.copyOf(lines));
  }

  @Override
  public int awaitKey(long nanos) {
    int key = keys.isEmpty() ? NO_KEY : keys.remove();
    if (key == NO_KEY) {
      ticks.pause(nanos);
    }
    return key;
  }

  @Override
  public void giveBack() {
    givenBack++;
  }

  /** The last page as it looks. */
  String last() {
    return String.join("\n", pages.get(pages.size() - 1)) + "\n";
  }
}
