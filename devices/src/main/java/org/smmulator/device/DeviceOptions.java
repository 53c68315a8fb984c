package org.smmulator.device;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.wire.Hello;

/**
 * How a device presents itself and how its bus side is built.
 *
 * @param model what it is, such as {@code dma}
 * @param name what reports call it
 * @param requesterId the wanted bus, device and function, or {@link Hello#ASSIGN}
 * @param atcSets sets of the ATC, a power of two
 * @param atcWays ways of the ATC, at least 1
 * @param completionTimeoutNanos how long a completion may take
 * @param keepInvalidated acknowledge invalidations without dropping anything: a broken device, to
 *     test who notices
 * @param stalling what it sends may be held until software has served a fault, as a machine file's
 *     {@code devices[].stall} says: it shows no ATS and no PRI, and a write of the model ends when
 *     it is in memory, which a read behind it tells
 * @param record file for the events of the ATC ({@link org.smmulator.device.atc.AtcRecorder}), or
 *     null
 */
public record DeviceOptions(
    String model,
    String name,
    int requesterId,
    int atcSets,
    int atcWays,
    long completionTimeoutNanos,
    boolean keepInvalidated,
    boolean stalling,
    @Nullable Path record) {

  /** Any free ID, an ATC of 64 sets x 4 ways, completions within a minute. */
  public static DeviceOptions of(String model, String name) {
    long timeout = TimeUnit.SECONDS.toNanos(60);
    return new DeviceOptions(model, name, Hello.ASSIGN, 64, 4, timeout, false, false, null);
  }

  public DeviceOptions withRequesterId(int id) {
    return new DeviceOptions(
        model,
        name,
        id,
        atcSets,
        atcWays,
        completionTimeoutNanos,
        keepInvalidated,
        stalling,
        record);
  }

  public DeviceOptions withAtc(int sets, int ways) {
    return new DeviceOptions(
        model,
        name,
        requesterId,
        sets,
        ways,
        completionTimeoutNanos,
        keepInvalidated,
        stalling,
        record);
  }

  public DeviceOptions withCompletionTimeoutNanos(long nanos) {
    return new DeviceOptions(
        model, name, requesterId, atcSets, atcWays, nanos, keepInvalidated, stalling, record);
  }

  public DeviceOptions withKeepInvalidated(boolean keep) {
    return new DeviceOptions(
        model, name, requesterId, atcSets, atcWays, completionTimeoutNanos, keep, stalling, record);
  }

  public DeviceOptions withStalling(boolean stalls) {
    return new DeviceOptions(
        model,
        name,
        requesterId,
        atcSets,
        atcWays,
        completionTimeoutNanos,
        keepInvalidated,
        stalls,
        record);
  }

  public DeviceOptions withRecord(Path file) {
    return new DeviceOptions(
        model,
        name,
        requesterId,
        atcSets,
        atcWays,
        completionTimeoutNanos,
        keepInvalidated,
        stalling,
        file);
  }
}
