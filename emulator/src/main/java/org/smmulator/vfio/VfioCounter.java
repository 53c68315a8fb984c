package org.smmulator.vfio;

import static org.smmulator.counter.CounterRow.Facts.counter;

import org.smmulator.counter.CounterRow;

/** What is counted of all sessions of vfio-user. */
public enum VfioCounter implements CounterRow {
  CLIENTS(counter("clients", "Clients that got a function")),
  CLIENTS_REFUSED(
      counter("clients", "Clients turned away: another one has the function, or many wait")),
  CLIENTS_GONE(counter("clients", "Clients that had a function and left it, or were cut off")),
  COMMANDS(counter("commands", "Commands of clients, those refused included")),
  COMMANDS_REFUSED(counter("commands", "Commands answered with an error")),
  MALFORMED(
      counter("messages", "No messages: sizes that cannot be, unknown types, replies to nothing")),
  RESETS(counter("resets", "Functions reset by command, or because their client has gone")),
  DMA_WRITES(counter("writes", "Writes into clients' address spaces, such as interrupts")),
  DMA_WRITES_REFUSED(counter("writes", "Of those, the ones that a client refused"));

  @SuppressWarnings("ImmutableEnumChecker") // Facts are a record of strings.
  private final Facts facts;

  VfioCounter(Facts facts) {
    this.facts = facts;
  }

  @Override
  public Facts facts() {
    return facts;
  }
}
