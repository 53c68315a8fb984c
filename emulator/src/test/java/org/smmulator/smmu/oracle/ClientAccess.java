package org.smmulator.smmu.oracle;

/**
 * One thing that a client asks of the SMMU.
 *
 * @param substreamId or {@link #NO_SUBSTREAM}
 * @param write of a translation request: the bus's NW clear
 * @param instruction of a translation request: execute permission requested
 * @param pages of a translation request: how many pages of 4 KiB; else 1
 * @param mayStall whether the stream belongs to a platform device
 */
record ClientAccess(
    Kind kind,
    int streamId,
    int substreamId,
    long address,
    boolean write,
    boolean privileged,
    boolean instruction,
    int pages,
    boolean mayStall) {

  static final int NO_SUBSTREAM = -1;

  /** How the bus marks it. */
  enum Kind {
    UNTRANSLATED,
    TRANSLATION_REQUEST,
    TRANSLATED
  }

  static ClientAccess untranslated(int streamId, int substreamId, long address, boolean write) {
    return new ClientAccess(
        Kind.UNTRANSLATED, streamId, substreamId, address, write, false, false, 1, false);
  }

  static ClientAccess request(int streamId, int substreamId, long address, boolean write) {
    return new ClientAccess(
        Kind.TRANSLATION_REQUEST, streamId, substreamId, address, write, false, false, 1, false);
  }

  static ClientAccess translated(int streamId, long address, boolean write) {
    return new ClientAccess(
        Kind.TRANSLATED, streamId, NO_SUBSTREAM, address, write, false, false, 1, false);
  }

  ClientAccess as(boolean isPrivileged, boolean isInstruction) {
    return new ClientAccess(
        kind, streamId, substreamId, address, write, isPrivileged, isInstruction, pages, mayStall);
  }

  ClientAccess ofPlatform() {
    return new ClientAccess(
        kind, streamId, substreamId, address, write, privileged, instruction, pages, true);
  }

  ClientAccess at(long other) {
    return new ClientAccess(
        kind, streamId, substreamId, other, write, privileged, instruction, pages, mayStall);
  }

  boolean hasSubstream() {
    return substreamId != NO_SUBSTREAM;
  }
}
