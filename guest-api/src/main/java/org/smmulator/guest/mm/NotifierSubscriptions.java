package org.smmulator.guest.mm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.counter.Tally;
import org.smmulator.guest.sched.Guarded;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.SpinLock;
import org.smmulator.guest.sched.Srcu;

/**
 * The notifiers of one address space: a list that callbacks walk inside an SRCU read section and
 * that changes under a spin lock. Unregistering does not wait for callbacks under way: who frees
 * what a notifier uses does so after a grace period.
 *
 * <p>A callback that throws may have left a secondary MMU with its translations. The others are
 * told all the same, and no frame of the address space is used again, so that the operation which
 * told them can end.
 *
 * <p>A registration has two lives: it is <em>hashed</em>, and gets callbacks, until unregistered or
 * released; its owner holds it until it unregisters, which it must do exactly once either way.
 */
final class NotifierSubscriptions {
  private static final class Subscription {
    final MmuNotifier notifier;
    volatile boolean hashed = true;

    Subscription(MmuNotifier notifier) {
      this.notifier = notifier;
    }
  }

  private static final Subscription[] NONE = {};

  private static final Logger log = LoggerFactory.getLogger(NotifierSubscriptions.class);

  private final AddressSpace mm;
  private final Sched sched;
  private final MmStory story;
  private final FrameAllocator frames;
  private final Srcu srcu;
  private final Tally<NotifierCall> calls;
  private final SpinLock lock;

  @Guarded(by = "lock")
  private final List<Subscription> held = new ArrayList<>();

  /** Written under lock, never changed in place. */
  private volatile Subscription[] hashed = NONE;

  /** The kernel's own memory for the list, from the first registration on; of the mmap lock. */
  private long frame;

  private volatile boolean framesRetained;

  NotifierSubscriptions(AddressSpace mm, AddressSpaces kernel, MmStory story) {
    this.mm = mm;
    this.sched = kernel.sched();
    this.story = story;
    this.frames = kernel.frames();
    this.srcu = kernel.notifierSrcu();
    this.calls = kernel.callbacks();
    this.lock = sched.spinLock(LockOrder.NOTIFIER_LIST);
  }

  /**
   * Under the mmap lock, so that no invalidation is half-way.
   *
   * @throws OutOfMemory without memory for the list
   */
  void register(MmuNotifier notifier) {
    if (frame == 0) {
      frame = frames.allocate();
    }
    lock.lock();
    try {
      if (held.stream().anyMatch(s -> s.notifier == notifier)) {
        throw new IllegalStateException("a notifier was registered twice with " + mm.name());
      }
      Subscription subscription = new Subscription(notifier);
      held.add(subscription);
      Subscription[] longer = Arrays.copyOf(hashed, hashed.length + 1);
      longer[hashed.length] = subscription;
      hashed = longer;
    } finally {
      lock.unlock();
    }
  }

  void unregister(MmuNotifier notifier) {
    lock.lock();
    try {
      Subscription subscription =
          held.stream()
              .filter(s -> s.notifier == notifier)
              .findFirst()
              .orElseThrow(
                  () ->
                      new IllegalStateException(
                          "a notifier was unregistered from " + mm.name() + " without being held"));
      held.remove(subscription);
      subscription.hashed = false;
      hashed = Arrays.stream(hashed).filter(s -> s != subscription).toArray(Subscription[]::new);
    } finally {
      lock.unlock();
    }
  }

  /** Gives the list's memory back, with the structure of the address space. */
  void free() {
    if (frame != 0) {
      frames.put(frame);
    }
  }

  /** From now on no frame of the address space is given back; a secondary MMU may reach it. */
  void retainFrames() {
    if (!framesRetained) {
      framesRetained = true;
      log.error("{}: its frames stay out of use, a secondary MMU may still reach them", mm);
    }
  }

  boolean areFramesRetained() {
    return framesRetained;
  }

  /** The end of the address space: one release for each notifier, and no callback any more. */
  void release() {
    int section = srcu.readLock();
    try {
      for (Subscription subscription : hashed) {
        if (subscription.hashed) {
          tell(
              NotifierCall.RELEASE,
              0,
              PageTable.VA_LIMIT,
              () -> call(subscription, notifier -> notifier.release(mm)));
        }
      }
      unhashAll();
    } finally {
      srcu.readUnlock(section);
    }
    srcu.synchronize();
  }

  void invalidateRange(long start, long end) {
    forEach(
        notifier ->
            tell(
                NotifierCall.INVALIDATE_RANGE,
                start,
                end,
                () -> notifier.invalidateRange(mm, start, end)));
  }

  boolean clearFlushYoung(long start, long end) {
    boolean[] young = {false};
    forEach(
        notifier ->
            tell(
                NotifierCall.CLEAR_FLUSH_YOUNG,
                start,
                end,
                () -> young[0] |= notifier.clearFlushYoung(mm, start, end)));
    return young[0];
  }

  void changePte(long va) {
    forEach(
        notifier ->
            tell(
                NotifierCall.CHANGE_PTE,
                va,
                va + Descriptor.PAGE_BYTES,
                () -> notifier.changePte(mm, va)));
  }

  /** Counts a callback, and makes it the cause of what follows from it. */
  private void tell(NotifierCall callback, long start, long end, Runnable call) {
    calls.count(callback);
    story.notifier(callback, start, end, call);
  }

  private void forEach(Consumer<MmuNotifier> callback) {
    int section = srcu.readLock();
    try {
      for (Subscription subscription : hashed) {
        if (subscription.hashed) {
          call(subscription, callback);
        }
      }
    } finally {
      srcu.readUnlock(section);
    }
  }

  private void call(Subscription subscription, Consumer<MmuNotifier> callback) {
    try {
      callback.accept(subscription.notifier);
    } catch (Throwable thrown) {
      sched.throwIfEnding();
      log.error("{}: a notifier's callback failed", mm, thrown);
      sched.kernelFailed(mm + ": a notifier's callback failed: " + thrown);
      retainFrames();
    }
  }

  private void unhashAll() {
    lock.lock();
    try {
      for (Subscription subscription : hashed) {
        subscription.hashed = false;
      }
      hashed = NONE;
    } finally {
      lock.unlock();
    }
  }
}
