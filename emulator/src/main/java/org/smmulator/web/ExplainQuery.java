package org.smmulator.web;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.smmu.explain.Question;
import org.smmulator.smmu.port.Transaction;

/**
 * The parameters of {@code /api/explain}. What is wrong with them is an {@link
 * IllegalArgumentException} whose message is a sentence.
 */
final class ExplainQuery {
  private static final List<String> NAMES =
      List.of(
          "stream",
          "device",
          "pasid",
          "process",
          "address",
          "page",
          "access",
          "privileged",
          "kind");
  private static final long MAX_STREAM = 0xffff_ffffL;
  private static final long MAX_PASID = 0xf_ffff;
  private static final long PAGE_BYTES = 4096;
  private static final int SHOWN = 40;

  private final Map<String, List<String>> parameters;

  private final WatchedMachine machine;
  private @Nullable ProcessTable processes;

  private ExplainQuery(Map<String, List<String>> parameters, WatchedMachine machine) {
    this.parameters = parameters;
    this.machine = machine;
  }

  /**
   * Reads the part of a URI after its path.
   *
   * @param machine knows what names stand for
   */
  static Question question(String uri, WatchedMachine machine) {
    ExplainQuery query = new ExplainQuery(new QueryStringDecoder(uri).parameters(), machine);
    query.requireKnown();
    String access = query.oneOf("access", null, "read", "write", "execute");
    return new Question(
        query.stream(),
        query.pasid(),
        query.address(),
        switch (query.oneOf("kind", "untranslated", "untranslated", "translated", "ats")) {
          case "untranslated" -> Question.Kind.UNTRANSLATED;
          case "translated" -> Question.Kind.TRANSLATED;
          default -> Question.Kind.TRANSLATION_REQUEST;
        },
        access.equals("write"),
        query.oneOf("privileged", "false", "true", "false").equals("true"),
        access.equals("execute"));
  }

  private void requireKnown() {
    for (Map.Entry<String, List<String>> parameter : parameters.entrySet()) {
      if (!NAMES.contains(parameter.getKey())) {
        throw new IllegalArgumentException(
            shown(parameter.getKey())
                + ": no such parameter; there are "
                + String.join(", ", NAMES));
      }
      if (parameter.getValue().size() > 1) {
        throw new IllegalArgumentException(parameter.getKey() + ": given more than once; give one");
      }
    }
  }

  /** One of two parameters that say the same thing must be there, or may be. */
  private boolean has(String name, String other) {
    if (optional(name) != null && optional(other) != null) {
      throw new IllegalArgumentException(
          name + " and " + other + " say the same thing; give one of them");
    }
    return optional(name) != null;
  }

  private int stream() {
    if (has("device", "stream")) {
      return device(required("device"));
    }
    String text = required("stream");
    return text.indexOf(':') >= 0 ? requesterId(text) : (int) number("stream", text, MAX_STREAM);
  }

  /** The StreamID of a PCIe function is its requester ID. */
  private static int requesterId(String text) {
    try {
      return PciAddress.parse(text).requesterId();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "stream: " + shown(text) + " is not a PCI id; use one such as 00:04.0, or a number", e);
    }
  }

  private int device(String name) {
    List<DeviceCounters> attached =
        machine.summary().devices().stream().filter(DeviceCounters::attached).toList();
    for (DeviceCounters device : attached) {
      if (device.name().equals(name) || device.id().equals(name)) {
        return requesterId(device.id());
      }
    }
    throw notThere(
        "device", name, "attached", attached.stream().map(DeviceCounters::name).toList());
  }

  private static IllegalArgumentException notThere(
      String parameter, String name, String what, List<String> all) {
    String others = all.isEmpty() ? "there is none" : "there are " + String.join(", ", all);
    return new IllegalArgumentException(
        parameter + ": nothing " + what + " is called " + shown(name) + "; " + others);
  }

  private ProcessTable.Row process(String name) {
    if (processes == null) {
      processes = machine.processes();
    }
    for (ProcessTable.Row row : processes.processes()) {
      if (row.name().equals(name)) {
        return row;
      }
    }
    throw notThere(
        "process",
        name,
        "in the guest",
        processes.processes().stream().map(p -> p.name()).toList());
  }

  private long address() {
    if (!has("page", "address")) {
      return number("address", required("address"), -1);
    }
    String name = optional("process");
    if (name == null) {
      throw new IllegalArgumentException("page counts in a process's buffer; give process=..");
    }
    ProcessTable.Row process = process(name);
    long page = number("page", required("page"), process.pages() - 1L);
    return number("address", process.buffer(), -1) + page * PAGE_BYTES;
  }

  private int pasid() {
    if (has("process", "pasid")) {
      String name = required("process");
      Integer bound = process(name).pasid();
      if (bound == null) {
        throw new IllegalArgumentException(
            "process: no device is bound to " + shown(name) + ", so that it has no PASID");
      }
      return bound;
    }
    String text = optional("pasid");
    return text == null ? Transaction.NO_SUBSTREAM : (int) number("pasid", text, MAX_PASID);
  }

  private String oneOf(String name, @Nullable String fallback, String... allowed) {
    String text = fallback == null ? required(name) : optional(name);
    if (text == null) {
      return String.valueOf(fallback);
    }
    if (!List.of(allowed).contains(text)) {
      throw new IllegalArgumentException(
          name + ": " + shown(text) + " is not possible; use " + String.join(" or ", allowed));
    }
    return text;
  }

  private String required(String name) {
    String text = optional(name);
    if (text == null) {
      throw new IllegalArgumentException(name + " is missing; give " + name + "=..");
    }
    return text;
  }

  private @Nullable String optional(String name) {
    List<String> values = parameters.get(name);
    return values == null ? null : values.get(0);
  }

  /** An unsigned number, decimal or hexadecimal after 0x, up to {@code max}. */
  private static long number(String name, String text, long max) {
    boolean hexadecimal = text.startsWith("0x") || text.startsWith("0X");
    String digits = hexadecimal ? text.substring(2) : text;
    if (!digits.startsWith("+") && !digits.startsWith("-")) {
      try {
        long value = Long.parseUnsignedLong(digits, hexadecimal ? 16 : 10);
        if (Long.compareUnsigned(value, max) <= 0) {
          return value;
        }
      } catch (NumberFormatException e) {
        // Said below.
      }
    }
    throw new IllegalArgumentException(
        String.format(
            "%s: %s is not a number from 0 to 0x%x; use one such as 0x20 or 32",
            name, shown(text), max));
  }

  /** Somebody's text, short and fit to be printed. */
  static String shown(String text) {
    String some = text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
    return "'" + some.replaceAll("[^\\x21-\\x7e]", "?") + "'";
  }
}
