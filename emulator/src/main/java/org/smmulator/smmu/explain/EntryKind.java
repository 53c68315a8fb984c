package org.smmulator.smmu.explain;

import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.event.EventField;
import org.smmulator.arch.event.PageRequestField;
import org.smmulator.arch.structure.Cd;
import org.smmulator.arch.structure.Ste;

/** What {@link EntryText} takes apart: entries of tables and queues in memory. */
public enum EntryKind {
  STE("a stream table entry", Ste.BYTES),
  CD("a context descriptor", Cd.BYTES),
  CMD("a command", CommandField.BYTES),
  EVENT("an event record", EventField.BYTES),
  PRI("a page request", PageRequestField.BYTES);

  private final String words;
  private final int bytes;

  EntryKind(String words, int bytes) {
    this.words = words;
    this.bytes = bytes;
  }

  /** What it is, with its article. */
  public String words() {
    return words;
  }

  public int bytes() {
    return bytes;
  }
}
