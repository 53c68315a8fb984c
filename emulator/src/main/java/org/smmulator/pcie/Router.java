package org.smmulator.pcie;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.bus.tlp.RequesterId;
import org.smmulator.memory.Response;
import org.smmulator.memory.Target;

/**
 * Where an access of the guest goes, or of one function to another: configuration requests by ID,
 * accesses to memory space by address, resets by bus. What nobody takes reads as all ones. Two
 * questions decide, which of the root buses' {@link Completer}s has an ID and which claims an
 * address; who they are comes from the {@link Slots}.
 */
final class Router {
  private static final Logger LOG = LoggerFactory.getLogger(Router.class);
  private static final int CONFIG_BYTES = 4096;
  private static final long SMALLEST_BAR_BYTES = 16;

  private final Slots slots;
  private final Completer hostBridge = new HostBridge();

  Router(Slots slots) {
    this.slots = slots;
  }

  private @Nullable Completer byId(int requesterId, int register, int bytes) {
    if (hostBridge.answersTo(requesterId)) {
      return hostBridge;
    }
    AttachedFunction function = slots.function(requesterId);
    boolean legal = register >= 0 && register < CONFIG_BYTES && bytes <= 4 && register % bytes == 0;
    return function != null && legal ? function.requests : null;
  }

  private @Nullable Completer byAddress(long pa, int bytes) {
    int touched = Math.max(1, bytes);
    if ((pa & (touched - 1)) != 0) {
      return null;
    }
    for (AttachedFunction function : slots.functions()) {
      if (function.isAnnounced() && function.requests.claims(pa, touched)) {
        return function.requests;
      }
    }
    return null;
  }

  void configRead(int requesterId, int register, int bytes, LongConsumer done) {
    Completer completer = byId(requesterId, register, bytes);
    if (completer == null) {
      done.accept(Target.allOnes(bytes));
    } else {
      completer.configRead(requesterId, register, bytes, done);
    }
  }

  void configWrite(int requesterId, int register, int bytes, long value, Runnable done) {
    Completer completer = byId(requesterId, register, bytes);
    if (completer == null) {
      done.run();
    } else {
      completer.configWrite(requesterId, register, bytes, value, done);
    }
  }

  void memoryRead(long pa, int bytes, Target.Answer answer) {
    Completer completer = byAddress(pa, bytes);
    if (completer == null) {
      answer.done(Response.DECERR, Target.allOnes(bytes));
    } else {
      completer.memoryRead(pa, bytes, answer);
    }
  }

  Response memoryWrite(long pa, int bytes, long value) {
    Completer completer = byAddress(pa, bytes);
    return completer == null ? Response.DECERR : completer.memoryWrite(pa, bytes, value);
  }

  /** As {@link RootComplex#barRead}: another one may claim the same address. */
  void barRead(int requesterId, int bar, long offset, int bytes, Target.Answer answer) {
    AttachedFunction function = slots.function(requesterId);
    if (function == null || !function.config.takes(bar, offset, bytes)) {
      answer.done(Response.DECERR, Target.allOnes(bytes));
    } else {
      function.requests.memoryRead(function.config.barBase(bar) + offset, bytes, answer);
    }
  }

  /** As {@link RootComplex#barWrite}. */
  Response barWrite(int requesterId, int bar, long offset, int bytes, long value) {
    AttachedFunction function = slots.function(requesterId);
    return function == null || !function.config.takes(bar, offset, bytes)
        ? Response.DECERR
        : function.requests.memoryWrite(function.config.barBase(bar) + offset, bytes, value);
  }

  /** Whether one of those who claim these addresses is. */
  boolean isBehind(long pa, int bytes) {
    for (long at = pa & -SMALLEST_BAR_BYTES; at < pa + bytes; at += SMALLEST_BAR_BYTES) {
      Completer completer = byAddress(at, 1);
      if (completer != null && completer.isBehind()) {
        return true;
      }
    }
    return false;
  }

  /** Software moved a BAR or enabled memory space: the first of two claimants will answer. */
  void claimsChanged(AttachedFunction changed) {
    for (AttachedFunction other : slots.functions()) {
      if (other != changed && other.config.overlaps(changed.config)) {
        LOG.warn("BARs of {} and {} overlap; the first one answers", changed.id(), other.id());
      }
    }
  }

  /** As {@link RootComplex#resetFunction}. */
  void resetFunction(int requesterId, Runnable done) {
    AttachedFunction function = slots.function(requesterId);
    if (function == null) {
      done.run();
    } else {
      function.reset(() -> {}, done);
    }
  }

  /** As {@link RootComplex#resetBus}. */
  void resetBus(int bus, Runnable done) {
    List<AttachedFunction> onBus = new ArrayList<>();
    for (AttachedFunction function : slots.functions()) {
      if (function.isAnnounced() && RequesterId.bus(function.requesterId()) == bus) {
        onBus.add(function);
      }
    }
    if (onBus.isEmpty()) {
      done.run();
      return;
    }
    AtomicInteger left = new AtomicInteger(onBus.size());
    for (AttachedFunction function : onBus) {
      function.reset(
          () -> {},
          () -> {
            if (left.decrementAndGet() == 0) {
              done.run();
            }
          });
    }
  }
}
