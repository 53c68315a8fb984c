package org.smmulator.cli;

import java.util.List;
import org.smmulator.launch.UserException;

/** A terminal of which a command has all, with the keys that are pressed there. */
interface Screen {
  /** What {@link #awaitKey} answers if no key was pressed. */
  int NO_KEY = -1;

  /** How many characters fit. */
  record Size(int rows, int columns) {}

  /** Where a command gets it. */
  interface Opener {
    /**
     * Takes the terminal.
     *
     * @throws UserException if there is none
     */
    Screen open() throws UserException;
  }

  /** Asked again and again, as windows change. */
  Size size();

  /** Shows lines from the top left corner on, and nothing else; lines that fit. */
  void show(List<String> lines);

  /** The next key, or {@link #NO_KEY} after a time. */
  int awaitKey(long nanos) throws InterruptedException;

  /** Gives the terminal back as it was; can be repeated, and called from any thread. */
  void giveBack();
}
