package org.smmulator.metrics;

import java.util.Comparator;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.counter.Counts;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.FunctionCounter;

/** What {@code top} shows of a device; rows can be in the order of each. */
public enum DeviceColumn {
  DEVICE('d', "DEVICE"),
  NAME('n', "NAME"),
  HITS('h', "HIT %"),
  ACCESSES('a', "ACCESS/s"),
  TRANSLATIONS('t', "ATS/s"),
  PAGES('p', "PRI/s"),
  INVALIDATIONS('i', "INVAL/s"),
  DROPPED('x', "DROP/s"),
  USED('u', "IN ATC");

  /** Longer names are cut, so that a row fits on 80 columns. */
  private static final int NAME_LENGTH = 12;

  private final char key;
  private final String title;

  DeviceColumn(char key, String title) {
    this.key = key;
    this.title = title;
  }

  /** The column that a key stands for, or null. */
  public static @Nullable DeviceColumn of(int key) {
    for (DeviceColumn column : values()) {
      if (column.key == key) {
        return column;
      }
    }
    return null;
  }

  char key() {
    return key;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  String title() {
    return title;
  }

  private boolean isText() {
    return this == DEVICE || this == NAME;
  }

  private String text(DeviceCounters device) {
    return this == DEVICE ? device.id() : device.name();
  }

  private double number(Rates rates, DeviceCounters device) {
    return switch (this) {
      case DEVICE, NAME -> Double.NaN;
      case HITS -> 100 * rates.hitRatio(device);
      case ACCESSES ->
          rates.of(device, FunctionCounter.TRANSLATED_ACCESSES)
              + rates.of(device, FunctionCounter.UNTRANSLATED_ACCESSES);
      case TRANSLATIONS -> rates.of(device, FunctionCounter.TRANSLATION_REQUESTS);
      case PAGES -> rates.of(device, FunctionCounter.PAGE_REQUESTS);
      case INVALIDATIONS -> rates.of(device, FunctionCounter.INVALIDATIONS_COMPLETED);
      case DROPPED -> rates.of(device, DeviceCounter.ENTRIES_DROPPED);
      case USED -> level(device, DeviceCounter.ATC_ENTRIES_HELD);
    };
  }

  String cell(Rates rates, DeviceCounters device) {
    if (isText()) {
      String text = text(device);
      return text.length() <= NAME_LENGTH ? text : text.substring(0, NAME_LENGTH - 2) + "..";
    }
    double number = number(rates, device);
    if (Double.isNaN(number)) {
      return "-";
    }
    return this == USED
        ? entries(number) + "/" + entries(level(device, DeviceCounter.ATC_CAPACITY))
        : RateTables.rate(number);
  }

  private static String entries(double number) {
    return Double.isNaN(number) ? "-" : String.format(Locale.ROOT, "%,.0f", number);
  }

  /** As the device tells; NaN if it does not. */
  private static double level(DeviceCounters device, DeviceCounter row) {
    long level = device.reported(row);
    return level == Counts.UNKNOWN ? Double.NaN : level;
  }

  /** Names from the first letter on, numbers from the greatest on, the unknown last. */
  Comparator<DeviceCounters> order(Rates rates) {
    Comparator<DeviceCounters> order =
        isText()
            ? Comparator.comparing(this::text)
            : Comparator.comparingDouble(device -> -known(number(rates, device)));
    return order.thenComparing(DeviceCounters::id);
  }

  private static double known(double number) {
    return Double.isNaN(number) ? Double.NEGATIVE_INFINITY : number;
  }
}
