package org.smmulator.query;

import java.util.List;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.smmu.explain.Question;
import org.smmulator.smmu.port.Transaction;

/**
 * Which translation is to be explained, as {@link Parameters} and {@link MachineNames} judge it.
 */
public final class ExplainQuery {
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
  private static final long PAGE_BYTES = 4096;

  private final Parameters parameters;
  private final MachineNames names;

  private ExplainQuery(Parameters parameters, MachineNames names) {
    this.parameters = parameters;
    this.names = names;
  }

  /**
   * The question that parameters ask.
   *
   * @param machine knows what names stand for
   */
  public static Question question(Parameters parameters, AskedMachine machine) {
    parameters.require(NAMES);
    ExplainQuery query = new ExplainQuery(parameters, new MachineNames(machine));
    String access = parameters.oneOf("access", null, "read", "write", "execute");
    int stream = query.stream();
    Integer pasid = query.names.pasid(parameters);
    return new Question(
        stream,
        pasid == null ? Transaction.NO_SUBSTREAM : pasid,
        query.address(),
        switch (parameters.oneOf("kind", "untranslated", "untranslated", "translated", "ats")) {
          case "untranslated" -> Question.Kind.UNTRANSLATED;
          case "translated" -> Question.Kind.TRANSLATED;
          default -> Question.Kind.TRANSLATION_REQUEST;
        },
        access.equals("write"),
        parameters.oneOf("privileged", "false", "true", "false").equals("true"),
        access.equals("execute"));
  }

  private int stream() {
    if (parameters.has("device", "stream")) {
      return names.device(parameters.required("device"));
    }
    String text = parameters.required("stream");
    return text.indexOf(':') >= 0
        ? requesterId(text)
        : (int) Parameters.number("stream", text, MAX_STREAM);
  }

  /** The StreamID of a PCIe function is its requester ID. */
  private static int requesterId(String text) {
    try {
      return PciAddress.parse(text).requesterId();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "stream: "
              + Parameters.shown(text)
              + " is not a PCI id; use one such as 00:04.0, or a number",
          e);
    }
  }

  private long address() {
    if (!parameters.has("page", "address")) {
      return Parameters.number("address", parameters.required("address"), -1);
    }
    String name = parameters.optional("process");
    if (name == null) {
      throw new IllegalArgumentException("page counts in a process's buffer; give process=..");
    }
    ProcessTable.Row process = names.process(name);
    long page = Parameters.number("page", parameters.required("page"), process.pages() - 1L);
    return Parameters.number("address", process.buffer(), -1) + page * PAGE_BYTES;
  }
}
