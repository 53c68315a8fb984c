package org.smmulator.metrics;

import java.util.HashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.counter.Counts;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.FunctionCounter;

/**
 * What a machine counted from one summary to a later one, in each second. What came between, such
 * as a device in the place of another one, began at 0.
 */
public final class Rates {
  private static final double NANOS = 1e9;

  private final Summary before;
  private final Summary after;
  private final double seconds;
  private final Map<String, DeviceCounters> attachedBefore = new HashMap<>();

  /**
   * @param nanos from one to the other, more than 0
   */
  public Rates(Summary before, Summary after, long nanos) {
    this.before = before;
    this.after = after;
    seconds = nanos / NANOS;
    for (DeviceCounters device : before.devices()) {
      if (device.attached()) {
        attachedBefore.put(device.id(), device);
      }
    }
  }

  Summary before() {
    return before;
  }

  public Summary after() {
    return after;
  }

  double seconds() {
    return seconds;
  }

  /** The rate of a count that only grows; NaN if it is unknown. */
  double of(long earlier, long later) {
    if (earlier == Counts.UNKNOWN || later == Counts.UNKNOWN) {
      return Double.NaN;
    }
    return (later < earlier ? later : later - earlier) / seconds;
  }

  /** Of the whole machine. */
  double of(ToLongFunction<Summary> count) {
    return of(count.applyAsLong(before), count.applyAsLong(after));
  }

  /** Of an attached device of the later summary. */
  double of(DeviceCounters device, FunctionCounter row) {
    return ofDevice(device, each -> each.count(row));
  }

  /** Of what such a device reports. */
  double of(DeviceCounters device, DeviceCounter row) {
    return ofDevice(device, each -> each.reported(row));
  }

  private double ofDevice(DeviceCounters device, ToLongFunction<DeviceCounters> count) {
    DeviceCounters earlier = attachedBefore.get(device.id());
    return of(earlier == null ? 0 : count.applyAsLong(earlier), count.applyAsLong(device));
  }

  /** Hits per lookup of a device's ATC in this time, 0 to 1; NaN without a lookup, or unknown. */
  double hitRatio(DeviceCounters device) {
    return ratio(of(device, DeviceCounter.ATC_HITS), of(device, DeviceCounter.ATC_LOOKUPS));
  }

  static double ratio(double hits, double lookups) {
    return lookups > 0 ? hits / lookups : Double.NaN;
  }
}
