package org.smmulator.guest.mm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.smmulator.guest.sched.Guarded;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.SpinLock;
import org.smmulator.guest.sched.Srcu;

/**
 * The notifiers of one address space: a list that callbacks walk inside an SRCU read section and
 * that changes under a spin lock. Unregistering does not wait for callbacks under way: who frees
 * what a notifier uses does so after a grace period.
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

  private final AddressSpace mm;
  private final Srcu srcu;
  private final MmCounters counters;
  private final SpinLock lock;

  @Guarded(by = "lock")
  private final List<Subscription> held = new ArrayList<>();

  /** Written under lock, never changed in place. */
  private volatile Subscription[] hashed = NONE;

  NotifierSubscriptions(AddressSpace mm, Sched sched, Srcu srcu, MmCounters counters) {
    this.mm = mm;
    this.srcu = srcu;
    this.counters = counters;
    this.lock = sched.spinLock("mmu notifiers");
  }

  /** Under the mmap lock, so that no invalidation is half-way. */
  void register(MmuNotifier notifier) {
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

  /** The end of the address space: one release for each notifier, and no callback any more. */
  void release() {
    int section = srcu.readLock();
    try {
      for (Subscription subscription : hashed) {
        if (subscription.hashed) {
          counters.release.increment();
          subscription.notifier.release(mm);
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
        notifier -> {
          counters.invalidateRange.increment();
          notifier.invalidateRange(mm, start, end);
        });
  }

  boolean clearFlushYoung(long start, long end) {
    boolean[] young = {false};
    forEach(
        notifier -> {
          counters.clearFlushYoung.increment();
          young[0] |= notifier.clearFlushYoung(mm, start, end);
        });
    return young[0];
  }

  void changePte(long va) {
    forEach(
        notifier -> {
          counters.changePte.increment();
          notifier.changePte(mm, va);
        });
  }

  private void forEach(Consumer<MmuNotifier> callback) {
    int section = srcu.readLock();
    try {
      for (Subscription subscription : hashed) {
        if (subscription.hashed) {
          callback.accept(subscription.notifier);
        }
      }
    } finally {
      srcu.readUnlock(section);
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
