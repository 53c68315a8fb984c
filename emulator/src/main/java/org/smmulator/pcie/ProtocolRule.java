package org.smmulator.pcie;

/**
 * What a function must not send because of how software has set it up: one row each, with the
 * sentence of its violation and the section of the Base Specification.
 */
enum ProtocolRule {
  BUS_MASTER("memory request while Bus Master Enable is 0", "7.5.1.1.3"),
  TRANSLATION_REQUEST("Translation Request while ATS is disabled", "10.5.1.3"),
  TRANSLATED_REQUEST("Translated Request while ATS is disabled", "10.5.1.3"),
  PASID("PASID prefix while PASID is disabled", "6.20"),
  PASID_WIDTH("PASID beyond Max PASID Width of the function", "7.8.9.2"),
  PASID_TRANSLATED(
      "PASID prefix on a Translated Request without Translated Requests with PASID Enable",
      "7.8.9.3"),
  EXECUTE("Execute Requested without Execute Permission Enable", "7.8.9.3"),
  PRIVILEGED("Privileged Mode Requested without Privileged Mode Enable", "7.8.9.3"),
  PAGE_REQUEST("Page Request while the page request interface is disabled", "10.4.1"),
  ATOMIC("AtomicOp while AtomicOp Requester Enable is 0", "7.5.3.16");

  private final String sentence;
  private final String section;

  ProtocolRule(String sentence, String section) {
    this.sentence = sentence;
    this.section = section;
  }

  @Override
  public String toString() {
    return sentence + " (Base Specification " + section + ")";
  }
}
