package org.smmulator.api;

import org.smmulator.record.EventKind;
import org.smmulator.story.ToldEvent;

/**
 * Something that happened in a machine.
 *
 * @param id its number, from 1
 * @param cause the number of the event that began what this one is a part of; 0 if nobody knows one
 * @param nanos time of the machine, in nanoseconds; virtual in a simulated one
 * @param who did it: a task of the guest, {@code smmu}, or a device's ID such as {@code 00:04.0}
 * @param kind what sort of event it is
 * @param what a sentence, as {@code smmulator events cat} shows it
 */
public record MachineEvent(
    long id, long cause, long nanos, String who, EventKind kind, String what) {
  @Override
  public String toString() {
    return ToldEvent.inWords(nanos, id, who, what);
  }
}
