package org.smmulator.guest.mm;

import java.util.Locale;
import java.util.function.Supplier;
import org.smmulator.guest.sched.Sched;
import org.smmulator.record.EventKind;

/**
 * What one address space tells the recorder. What begins here is the cause of all that its task
 * does until it ends, down to the devices' completions.
 */
final class MmStory {
  private final Sched sched;
  private final String process;

  MmStory(Sched sched, String process) {
    this.sched = sched;
    this.process = process;
  }

  /** An operation on [start, end). */
  void call(String name, long start, long end, Runnable operation) {
    long outer = begin(EventKind.CALL_BEGINS, name, start, end - 1);
    try {
      operation.run();
    } finally {
      end(EventKind.CALL_ENDS, name, outer);
    }
  }

  /** A notifier's callback for [start, end). */
  void notifier(NotifierCall callback, long start, long end, Runnable call) {
    String name = callback.name().toLowerCase(Locale.ROOT);
    long outer = begin(EventKind.NOTIFIER_BEGINS, name, start, end - 1);
    try {
      call.run();
    } finally {
      end(EventKind.NOTIFIER_ENDS, name, outer);
    }
  }

  private long begin(EventKind kind, String name, long first, long last) {
    return sched.records(kind)
        ? sched.begin(kind, sched.name(process), sched.name(name), first, last)
        : Sched.NOT_BEGUN;
  }

  private void end(EventKind kind, String name, long outer) {
    if (outer != Sched.NOT_BEGUN) {
      sched.end(kind, outer, sched.name(process), sched.name(name));
    }
  }

  FaultOutcome fault(long va, FaultAccess access, boolean remote, Supplier<FaultOutcome> resolve) {
    if (!sched.records(EventKind.PAGE_FAULT_BEGINS)) {
      return resolve.get();
    }
    int mm = sched.name(process);
    int wanted = sched.name(access.toString());
    long outer = sched.begin(EventKind.PAGE_FAULT_BEGINS, mm, va, wanted, remote ? 1 : 0);
    String how = "failed";
    try {
      FaultOutcome outcome = resolve.get();
      how = outcome.name().toLowerCase(Locale.ROOT).replace('_', ' ');
      return outcome;
    } finally {
      sched.end(EventKind.PAGE_FAULT_ENDS, outer, mm, sched.name(how));
    }
  }

  void framesFreed(int frames) {
    if (frames > 0) {
      sched.record(EventKind.FRAMES_FREED, frames, 0, 0, 0);
    }
  }
}
