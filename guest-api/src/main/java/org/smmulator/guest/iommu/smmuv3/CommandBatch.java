package org.smmulator.guest.iommu.smmuv3;

import static org.smmulator.arch.command.CommandField.ADDRESS;
import static org.smmulator.arch.command.CommandField.LEAF;
import static org.smmulator.arch.command.CommandField.OPCODE;
import static org.smmulator.arch.command.CommandField.PRG_INDEX;
import static org.smmulator.arch.command.CommandField.RANGE;
import static org.smmulator.arch.command.CommandField.RESP;
import static org.smmulator.arch.command.CommandField.SIZE;
import static org.smmulator.arch.command.CommandField.SSV;
import static org.smmulator.arch.command.CommandField.STREAM_ID;
import static org.smmulator.arch.command.CommandField.SUBSTREAM_ID;

import java.util.Arrays;
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.guest.iommu.PageResponse;
import org.smmulator.guest.iommu.ResponseCode;

/** Commands in the order in which they are to be queued (IHI 0070 4), two words each. */
final class CommandBatch {
  private static final int RANGE_ALL = 31;

  private long[] words = new long[8];
  private int count;

  int count() {
    return count;
  }

  long word0(int command) {
    return words[2 * command];
  }

  long word1(int command) {
    return words[2 * command + 1];
  }

  static long syncWord0() {
    return opcode(CommandOpcode.SYNC) | CommandField.CS.of(CommandField.CS_NONE);
  }

  /** Drops the cached entry of a stream, and with {@code leaf} false its level 1 descriptor too. */
  CommandBatch cfgiSte(int streamId, boolean leaf) {
    return add(opcode(CommandOpcode.CFGI_STE) | stream(streamId), leaf(leaf));
  }

  CommandBatch cfgiAll() {
    return add(opcode(CommandOpcode.CFGI_STE_RANGE), RANGE.of(RANGE_ALL));
  }

  CommandBatch cfgiCd(int streamId, int substreamId, boolean leaf) {
    return add(
        opcode(CommandOpcode.CFGI_CD) | SUBSTREAM_ID.of(substreamId) | stream(streamId),
        leaf(leaf));
  }

  CommandBatch tlbiEl2All() {
    return add(opcode(CommandOpcode.TLBI_EL2_ALL), 0);
  }

  CommandBatch tlbiNsnhAll() {
    return add(opcode(CommandOpcode.TLBI_NSNH_ALL), 0);
  }

  CommandBatch tlbiAsid(int asid) {
    return add(opcode(CommandOpcode.TLBI_NH_ASID) | CommandField.ASID.of(asid), 0);
  }

  /**
   * Drops one page's translation; with {@code leaf} false the table entries that lead to it too.
   */
  CommandBatch tlbiVa(int asid, long address, boolean leaf) {
    return add(
        opcode(CommandOpcode.TLBI_NH_VA) | CommandField.ASID.of(asid),
        leaf(leaf) | ADDRESS.inPlace(address));
  }

  /**
   * Makes a device drop translations.
   *
   * @param pasid -1 for none, which drops those of every PASID too
   */
  CommandBatch atcInv(int streamId, int pasid, AtcRange range) {
    return add(
        opcode(CommandOpcode.ATC_INV) | substream(pasid) | stream(streamId),
        SIZE.of(range.sizeLog2()) | ADDRESS.inPlace(range.address()));
  }

  CommandBatch priResp(int streamId, PageResponse response) {
    return add(
        opcode(CommandOpcode.PRI_RESP) | substream(response.pasid()) | stream(streamId),
        PRG_INDEX.of(response.group()) | RESP.of(priRespCode(response.code())));
  }

  /** Lets a stalled transaction go on, or ends it with an abort. */
  CommandBatch resume(int streamId, int stag, boolean retry) {
    return add(
        opcode(CommandOpcode.RESUME)
            | CommandField.AC.of(retry ? 1 : 0)
            | CommandField.AB.of(retry ? 0 : 1)
            | stream(streamId),
        CommandField.STAG.of(stag));
  }

  /** Ends everything of a stream that has stalled with an abort. */
  CommandBatch stallTerm(int streamId) {
    return add(opcode(CommandOpcode.STALL_TERM) | stream(streamId), 0);
  }

  /** The one place where the layer's answers become the command's codes. */
  private static int priRespCode(ResponseCode code) {
    return switch (code) {
      case SUCCESS -> CommandField.RESP_SUCCESS;
      case INVALID -> CommandField.RESP_INVALID;
      case FAILURE -> CommandField.RESP_FAILURE;
    };
  }

  private static long opcode(CommandOpcode opcode) {
    return OPCODE.of(opcode.code());
  }

  private static long stream(int streamId) {
    return STREAM_ID.of(Integer.toUnsignedLong(streamId));
  }

  private static long substream(int pasid) {
    return pasid < 0 ? 0 : SSV.of(1) | SUBSTREAM_ID.of(pasid);
  }

  private static long leaf(boolean leaf) {
    return LEAF.of(leaf ? 1 : 0);
  }

  private CommandBatch add(long word0, long word1) {
    if (2 * count == words.length) {
      words = Arrays.copyOf(words, 2 * words.length);
    }
    words[2 * count] = word0;
    words[2 * count + 1] = word1;
    count++;
    return this;
  }
}
