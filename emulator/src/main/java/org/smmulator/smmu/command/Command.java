package org.smmulator.smmu.command;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.BitField;
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.smmu.port.Transaction;

/** One entry of the command queue, as it was when it was fetched; reused. */
public final class Command {
  private long word0;
  private long word1;

  public void set(long first, long second) {
    word0 = first;
    word1 = second;
  }

  /** The opcode, or null where the architecture names none. */
  public @Nullable CommandOpcode opcode() {
    return CommandOpcode.of(word0);
  }

  /** Whether it is one that drops cached information, in the SMMU or in a device. */
  public boolean isInvalidation() {
    CommandOpcode opcode = opcode();
    return opcode != null && opcode.group().invalidates();
  }

  public long word0() {
    return word0;
  }

  public long word1() {
    return word1;
  }

  /** Whether it is a CMD_SYNC, which has its effect when it is consumed. */
  public boolean isSync() {
    return opcode() == CommandOpcode.SYNC;
  }

  long get(BitField field) {
    return field.get(field.word() == 0 ? word0 : word1);
  }

  int getInt(BitField field) {
    return (int) get(field);
  }

  boolean isSet(BitField field) {
    return get(field) != 0;
  }

  int streamId() {
    return getInt(CommandField.STREAM_ID);
  }

  /** The SubstreamID, or none without SSV. */
  int substreamId() {
    return isSet(CommandField.SSV) ? getInt(CommandField.SUBSTREAM_ID) : Transaction.NO_SUBSTREAM;
  }

  long address() {
    return CommandField.ADDRESS.inPlace(word1);
  }

  long msiAddress() {
    return CommandField.MSI_ADDRESS.inPlace(word1);
  }
}
