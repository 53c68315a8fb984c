package org.smmulator.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.config.Setting;
import org.smmulator.device.DeviceTypes;
import org.smmulator.device.KnownType;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;

/**
 * Options of QEMU's system emulators, as QEMU's test library gives them. What asks for another
 * machine, device or socket than there is here is refused; all else without meaning is tolerated.
 */
final class QemuOptions {
  /** Those that an SMMU's test asks for, and those that only ask what there is. */
  static final List<String> MACHINES = List.of("virt", "none");

  /** What holds here in any case: the option, and what its value may be. */
  private static final Map<String, String> HOLDS =
      Map.of(
          "-accel", "qtest",
          "-audio", "none",
          "-display", "none",
          "-net", "none",
          "-nic", "none",
          "-nodefaults", "",
          "-nographic", "",
          "-run-with", "exit-with-parent=on");

  private static final Pattern SIZE = Pattern.compile("(?:size=)?([0-9]{1,7})([MmGg]?)(?:,.*)?");
  private static final Pattern SLOT = Pattern.compile("(?:0x)?([01]?[0-9a-fA-F])(?:\\.0)?");
  private static final Pattern MASK = Pattern.compile("0[xX][0-9a-fA-F]{1,16}|[0-9]{1,19}");
  private static final int SLOTS = 32;
  private static final int QEMU_RAM_MIB = 128;

  private final Map<String, Map<String, String>> sockets = new LinkedHashMap<>();
  private final List<Map<String, String>> devices = new ArrayList<>();
  private final List<String> monitors = new ArrayList<>();
  private final List<String> tolerated = new ArrayList<>();
  private @Nullable String guestPort;
  private @Nullable String log;
  private String machine = "";
  private long ramMib = QEMU_RAM_MIB;

  private QemuOptions() {}

  /**
   * Reads a command line.
   *
   * @param words without the name of the program
   * @throws UserException if there is no such machine; the message says what would be right
   */
  static QemuOptions parse(List<String> words) throws UserException {
    QemuOptions options = new QemuOptions();
    for (int i = 0; i < words.size(); i++) {
      String name = words.get(i).replaceFirst("^--", "-");
      boolean hasValue = i + 1 < words.size() && !words.get(i + 1).startsWith("-");
      options.take(name, hasValue ? words.get(++i) : "");
    }
    if (options.guestPort == null) {
      throw wrong("-qtest is missing; give -qtest unix:PATH of a program that waits there");
    }
    if (!MACHINES.contains(options.machine)) {
      String which = options.machine.isEmpty() ? "no machine" : "machine '" + options.machine + "'";
      throw wrong("-machine: " + which + "; there are " + String.join(" and ", MACHINES));
    }
    return options;
  }

  private void take(String name, String value) throws UserException {
    switch (name) {
      case "-qtest" -> guestPort = value;
      case "-qtest-log" -> log = value;
      case "-chardev" -> chardev(value);
      case "-mon" -> monitor(value);
      case "-machine", "-M" -> machine(value);
      case "-m" -> ramMib = mib(value);
      case "-device" -> devices.add(properties("model", value));
      default -> {
        if (!value.equals(HOLDS.get(name))) {
          tolerated.add(value.isEmpty() ? name : name + " " + value);
        }
      }
    }
  }

  /** KEY=VALUE, separated by commas; the first may be a value alone. */
  private static Map<String, String> properties(String first, String text) {
    Map<String, String> properties = new LinkedHashMap<>();
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      boolean isFirst = equals < 0 && properties.isEmpty();
      String key = isFirst ? first : equals < 0 ? part : part.substring(0, equals);
      properties.put(key, isFirst ? part : equals < 0 ? "on" : part.substring(equals + 1));
    }
    return properties;
  }

  private void chardev(String text) {
    Map<String, String> chardev = properties("backend", text);
    String id = chardev.get("id");
    if ("socket".equals(chardev.get("backend")) && id != null) {
      sockets.put(id, chardev);
    } else {
      tolerated.add("-chardev " + text);
    }
  }

  private void monitor(String text) {
    Map<String, String> monitor = properties("chardev", text);
    String chardev = monitor.get("chardev");
    if ("control".equals(monitor.get("mode")) && chardev != null) {
      monitors.add(chardev);
    } else {
      tolerated.add("-mon " + text);
    }
  }

  private void machine(String text) {
    Map<String, String> properties = properties("type", text);
    machine = properties.getOrDefault("type", "");
    properties.remove("type");
    properties.remove("iommu", "smmuv3");
    properties.remove("acpi", "off");
    properties.forEach((key, value) -> tolerated.add("-machine " + key + "=" + value));
  }

  private static long mib(String text) throws UserException {
    Matcher size = SIZE.matcher(text);
    if (!size.matches()) {
      throw wrong("-m: '" + text + "' is no size of memory; use MiB, or a number with M or G");
    }
    long number = Long.parseLong(size.group(1));
    return size.group(2).equalsIgnoreCase("G") ? number * 1024 : number;
  }

  /** Where the program waits that drives the machine, as {@code guest.port}. */
  String guestPort() {
    return String.valueOf(guestPort);
  }

  /** Whether what is said at the guest port is to be seen. */
  boolean isLogged() {
    return log != null && !log.equals("/dev/null");
  }

  /** What was asked for in vain. */
  List<String> tolerated() {
    return List.copyOf(tolerated);
  }

  /** Where programs wait for a QMP monitor. */
  List<BusAddress> monitors() throws UserException {
    List<BusAddress> addresses = new ArrayList<>();
    for (String id : monitors) {
      Map<String, String> socket = sockets.get(id);
      if (socket == null) {
        throw wrong("-mon: there is no -chardev socket with id=" + id);
      }
      String path = socket.get("path");
      if (path == null || socket.getOrDefault("server", "off").equals("on")) {
        throw wrong("-chardev: use socket,path=PATH,id=" + id + " of a program that waits there");
      }
      try {
        addresses.add(BusAddress.parse(BusAddress.UNIX_PREFIX + path));
      } catch (IllegalArgumentException e) {
        throw wrong("-chardev: " + e.getMessage());
      }
    }
    return addresses;
  }

  /** What these options change in a machine file; sockets of its own get free ports. */
  List<Setting> settings() throws UserException {
    List<Setting> settings = new ArrayList<>();
    settings.add(Setting.parse("-machine", "http.listen=null"));
    settings.add(Setting.ofTexts("-machine", "bus.listen", List.of("127.0.0.1:0")));
    settings.add(Setting.parse("-m", "machine.ramMiB=" + ramMib));
    settings.add(Setting.parse("-device", "devices=[" + deviceList() + "]"));
    return settings;
  }

  private String deviceList() throws UserException {
    List<String> list = new ArrayList<>();
    Set<Integer> taken = new TreeSet<>(Set.of(0)); // the host bridge's
    for (Map<String, String> device : devices) {
      String model = device.getOrDefault("model", "");
      String name = device.getOrDefault("driver", model);
      if (!models().contains(name)) {
        throw wrong("-device: no '" + name + "'; there are " + String.join(" and ", models()));
      }
      int slot = slot(device.get("addr"), taken);
      taken.add(slot);
      String mask = device.get("dma_mask");
      list.add(
          "{id: '%s', model: %s%s}"
              .formatted(
                  PciAddress.of(0, slot, 0),
                  name,
                  mask == null ? "" : ", dmaMaskBits: " + bits(mask)));
    }
    return String.join(", ", list);
  }

  /** Models that live with the machine and wait for its time, as QEMU's devices do. */
  static List<String> models() {
    return DeviceTypes.offered().all().stream()
        .filter(KnownType::isStepped)
        .map(KnownType::name)
        .toList();
  }

  /** As QEMU does: the lowest free slot, unless another one is asked for. */
  private static int slot(@Nullable String addr, Set<Integer> taken) throws UserException {
    if (addr != null) {
      Matcher slot = SLOT.matcher(addr);
      if (!slot.matches()) {
        throw wrong("-device: addr=" + addr + " is no slot; use 1 to 1f, in hexadecimal");
      }
      return Integer.parseInt(slot.group(1), 16);
    }
    for (int slot = 1; slot < SLOTS; slot++) {
      if (!taken.contains(slot)) {
        return slot;
      }
    }
    throw wrong("-device: all slots are taken; there are " + (SLOTS - 1));
  }

  private static int bits(String mask) throws UserException {
    long ones = MASK.matcher(mask).matches() ? number(mask.toLowerCase(Locale.ROOT)) : 0;
    if (ones == 0 || (ones & (ones + 1)) != 0) {
      throw wrong("-device: dma_mask=" + mask + " is no row of ones, such as 0xfffffff");
    }
    return Long.bitCount(ones);
  }

  private static long number(String digits) {
    return digits.startsWith("0x")
        ? Long.parseUnsignedLong(digits.substring(2), 16)
        : Long.parseUnsignedLong(digits);
  }

  private static UserException wrong(String sentence) {
    return new UserException(ExitCode.USAGE, sentence);
  }
}
