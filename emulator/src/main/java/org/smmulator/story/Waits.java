package org.smmulator.story;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.record.EventKind;
import org.smmulator.record.RecordedEvent;
import org.smmulator.record.Recorder;

/**
 * What an event had to wait for, which is not its cause: a SYNC for the answers to the Invalidate
 * Requests of all commands before it, and frames, before they are freed, for the last SYNC of the
 * call that frees them.
 */
final class Waits {
  /** Of a guest that lets so many requests be answered without a SYNC, the others are not told. */
  private static final int MOST = 1 << 12;

  /** Of what tasks do. */
  private final Causes<Long> causes = new Causes<>();

  /** Of what tasks do, the last SYNC that followed from it. */
  private final Causes<Long> syncs = new Causes<>();

  /** What devices have answered since the last SYNC. */
  private final List<Long> answered = new ArrayList<>();

  /** That go on. */
  private final Set<Long> calls = new HashSet<>();

  /** The events that the next one of a story waited for. */
  List<Long> of(RecordedEvent event) {
    if (event.kind().track() == EventKind.Track.TASK) {
      causes.put(event.id(), event.cause());
    }
    return switch (event.kind()) {
      case INVALIDATION_COMPLETED, INVALIDATION_ENDED -> {
        if (answered.size() < MOST) {
          answered.add(event.id());
        }
        yield List.of();
      }
      case CALL_BEGINS -> {
        calls.add(event.id());
        yield List.of();
      }
      case CALL_ENDS -> {
        calls.remove(event.cause());
        yield List.of();
      }
      case COMMAND -> isSync(event) ? ofSync(event) : List.of();
      case FRAMES_FREED -> {
        Long sync = syncs.get(event.cause());
        yield sync == null ? List.of() : List.of(sync);
      }
      default -> List.of();
    };
  }

  /** Whether something may come soon that has waited for one of the last events. */
  boolean arePending() {
    return !answered.isEmpty() || !calls.isEmpty();
  }

  private static boolean isSync(RecordedEvent command) {
    return CommandField.OPCODE.get(command.value(0)) == CommandOpcode.SYNC.code();
  }

  private List<Long> ofSync(RecordedEvent sync) {
    Long begun = sync.cause();
    while (begun != null && begun != Recorder.NO_CAUSE) {
      syncs.put(begun, sync.id());
      begun = causes.get(begun);
    }
    List<Long> all = List.copyOf(answered);
    answered.clear();
    return all;
  }
}
