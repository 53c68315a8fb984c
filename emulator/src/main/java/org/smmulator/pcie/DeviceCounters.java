package org.smmulator.pcie;

import org.jspecify.annotations.Nullable;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.LatencyBuckets;
import org.smmulator.bus.wire.LatencyHistogram;

/** What is known of one device, attached or gone: a snapshot of the counts on both ends. */
public final class DeviceCounters {
  private final String id;
  private final String name;
  private final String model;
  private final boolean attached;
  private final boolean answering;
  private final long[] counted;
  private final long[] invalidationLatency;
  private final long requestTimeouts;
  private final int grants;
  private final long violations;
  private final long @Nullable [] reported;

  DeviceCounters(AttachedFunction function, boolean attached) {
    this.id = function.id();
    this.name = function.name();
    this.model = function.model();
    this.attached = attached;
    this.answering = function.isAnswering();
    this.counted = function.counted();
    this.invalidationLatency = function.invalidationLatency();
    this.requestTimeouts = function.requestTimeouts();
    this.violations = function.violations();
    this.grants = attached ? function.grants.live() : 0;
    this.reported = function.reported();
  }

  /** Bus, device and function as {@code 00:04.0}. */
  public String id() {
    return id;
  }

  public String name() {
    return name;
  }

  public String model() {
    return model;
  }

  public boolean attached() {
    return attached;
  }

  /** False after an invalidation timed out, until the device is reset or attached anew. */
  public boolean answering() {
    return answering;
  }

  /** Translations that the device may use now: granted and not yet invalidated. */
  public int grants() {
    return grants;
  }

  /** Violations of all kinds that name the device. */
  public long violations() {
    return violations;
  }

  /** What the root complex counted. */
  public long count(FunctionCounter counter) {
    return counted[counter.slot()];
  }

  /** Configuration and BAR accesses that had no completion in time. */
  public long requestTimeouts() {
    return requestTimeouts;
  }

  /** An upper bound of the time that {@code percent} of the invalidations stayed below. */
  public long invalidationNanos(double percent) {
    return LatencyBuckets.percentile(invalidationLatency, 0, percent);
  }

  /** What the device last reported of itself, or {@link DeviceCounter#UNKNOWN}. */
  public long reported(DeviceCounter counter) {
    return reported == null ? DeviceCounter.UNKNOWN : reported[counter.slot()];
  }

  /** A latency that the device reported, or {@link DeviceCounter#UNKNOWN}. */
  public long reportedNanos(LatencyHistogram histogram, double percent) {
    if (reported == null || reported[histogram.firstSlot()] == DeviceCounter.UNKNOWN) {
      return DeviceCounter.UNKNOWN;
    }
    return LatencyBuckets.percentile(reported, histogram.firstSlot(), percent);
  }
}
