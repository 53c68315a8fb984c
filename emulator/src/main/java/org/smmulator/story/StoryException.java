package org.smmulator.story;

/** A file of events cannot be understood; the message says which line, and why. */
public final class StoryException extends Exception {
  private static final long serialVersionUID = 1L;

  StoryException(long line, String sentence) {
    super("line " + line + " " + sentence);
  }

  StoryException(String sentence) {
    super(sentence);
  }
}
