package org.smmulator.smmu.explain;

import org.smmulator.smmu.port.Transaction;

/**
 * One translation to explain.
 *
 * @param substreamId the PASID, or {@link Transaction#NO_SUBSTREAM}
 * @param kind what reaches the SMMU
 */
public record Question(
    int streamId,
    int substreamId,
    long address,
    Kind kind,
    boolean write,
    boolean privileged,
    boolean execute) {

  /** Ways in which an address can reach the SMMU. */
  public enum Kind {
    /** A transaction to be translated. */
    UNTRANSLATED,
    /** A transaction whose address the endpoint translated by itself. */
    TRANSLATED,
    /** An ATS translation request for one page. */
    TRANSLATION_REQUEST
  }
}
