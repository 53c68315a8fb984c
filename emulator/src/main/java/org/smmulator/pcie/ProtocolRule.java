package org.smmulator.pcie;

import org.smmulator.counter.CounterRow;

/**
 * The rules that devices are held to: one row each, with the sentence that says what a device did
 * that breaks it, and where the rule stands. Whatever is recorded as a violation of the protocol
 * names its row, and is counted there. Sections of the Base Specification are those of its revision
 * 6.
 */
public enum ProtocolRule implements CounterRow {
  // What a function must not send because of how software has set it up.
  BUS_MASTER("memory request while Bus Master Enable is 0", Source.BASE, "7.5.1.1.3"),
  TRANSLATION_REQUEST("Translation Request while ATS is disabled", Source.BASE, "10.5.1.3"),
  TRANSLATED_REQUEST("Translated Request while ATS is disabled", Source.BASE, "10.5.1.3"),
  PASID("PASID prefix while PASID is disabled", Source.BASE, "6.20"),
  PASID_WIDTH("PASID beyond Max PASID Width of the function", Source.BASE, "7.8.9.2"),
  PASID_TRANSLATED(
      "PASID prefix on a Translated Request without Translated Requests with PASID Enable",
      Source.BASE,
      "7.8.9.3"),
  EXECUTE("Execute Requested without Execute Permission Enable", Source.BASE, "7.8.9.3"),
  PRIVILEGED("Privileged Mode Requested without Privileged Mode Enable", Source.BASE, "7.8.9.3"),
  PAGE_REQUEST(
      "Page Request while the page request interface is disabled", Source.BASE, "10.5.2.2"),
  ATOMIC("AtomicOp while AtomicOp Requester Enable is 0", Source.BASE, "7.5.3.16"),

  // What no packet may be.
  REQUESTER_ID("packet with an ID that is not the function's", Source.BASE, "2.2.6.2"),
  ADDRESS_TYPE("Address Type not allowed on this packet", Source.BASE, "10.2.1"),
  PAGE_REQUEST_ALLOCATION(
      "more page requests outstanding than the function's allocation", Source.BASE, "10.5.2.5"),

  // Answers.
  COMPLETION_TAG("completion for a tag that is not in use", Source.BASE, "2.3.2"),
  COMPLETION_FIT("completion that does not fit its request", Source.BASE, "2.3.2"),
  INVALIDATE_COMPLETION(
      "Invalidate Completion for another function, or without an ITag", Source.BASE, "10.3.2"),
  INVALIDATE_TAG("Invalidate Completion for an ITag that is not in use", Source.BASE, "10.3.2"),
  INVALIDATE_COUNT(
      "Completion Count changed between completions of one ITag", Source.BASE, "10.3.2"),
  INVALIDATE_TIME("no Invalidate Completion in time", Source.BASE, "10.3"),

  // What firmware must find.
  VENDOR_ID("no function answers the first configuration read", Source.BASE, "7.5.1.1.1"),
  TRAINING_ANSWER("no good answer to a request of the training", Source.BASE, "2.3.1"),
  BAR_SIZE("BAR whose size is no power of two up to 2^39", Source.BASE, "7.5.1.2.1"),
  EXTENDED_CAPABILITY(
      "extended capability that begins at the end of configuration space", Source.BASE, "7.6.3"),

  // The link.
  MALFORMED("what was sent is no frame, no packet, or not allowed then", Source.WIRE, "framing"),
  NOT_READING("what was sent to the device is not read", Source.WIRE, "limits"),
  REPORT("statistics that differ from what went over the link", Source.WIRE, "STATS");

  private enum Source {
    BASE("Base Specification"),
    WIRE("wire protocol");

    private final String text;

    Source(String text) {
      this.text = text;
    }
  }

  private final String sentence;
  private final Source source;
  private final String section;

  ProtocolRule(String sentence, Source source, String section) {
    this.sentence = sentence;
    this.source = source;
    this.section = section;
  }

  /** What breaks the rule. */
  public String sentence() {
    return sentence;
  }

  /** The document and its section. */
  public String source() {
    return source.text + " " + section;
  }

  @Override
  public Facts facts() {
    return Facts.counter("violations", sentence);
  }

  /** People read what was done. */
  @Override
  public String label() {
    return sentence;
  }

  @Override
  public String toString() {
    return sentence + " (" + source() + ")";
  }
}
