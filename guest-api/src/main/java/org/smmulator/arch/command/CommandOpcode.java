package org.smmulator.arch.command;

import static org.smmulator.arch.command.CommandField.AB;
import static org.smmulator.arch.command.CommandField.AC;
import static org.smmulator.arch.command.CommandField.ADDRESS;
import static org.smmulator.arch.command.CommandField.ASID;
import static org.smmulator.arch.command.CommandField.CS;
import static org.smmulator.arch.command.CommandField.GLOBAL;
import static org.smmulator.arch.command.CommandField.LEAF;
import static org.smmulator.arch.command.CommandField.MSH;
import static org.smmulator.arch.command.CommandField.MSI_ADDRESS;
import static org.smmulator.arch.command.CommandField.MSI_ATTR;
import static org.smmulator.arch.command.CommandField.MSI_DATA;
import static org.smmulator.arch.command.CommandField.NUM;
import static org.smmulator.arch.command.CommandField.PRG_INDEX;
import static org.smmulator.arch.command.CommandField.RANGE;
import static org.smmulator.arch.command.CommandField.RESP;
import static org.smmulator.arch.command.CommandField.SCALE;
import static org.smmulator.arch.command.CommandField.SIZE;
import static org.smmulator.arch.command.CommandField.SSEC;
import static org.smmulator.arch.command.CommandField.SSV;
import static org.smmulator.arch.command.CommandField.STAG;
import static org.smmulator.arch.command.CommandField.STREAM_ID;
import static org.smmulator.arch.command.CommandField.SUBSTREAM_ID;
import static org.smmulator.arch.command.CommandField.TG;
import static org.smmulator.arch.command.CommandField.TTL;
import static org.smmulator.arch.command.CommandField.VMID;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.BitField;

/**
 * Opcodes of the Non-secure command queue (IHI 0070 4.1.2), and what the architecture says of each:
 * its code, what it is for, the feature without which it is illegal, and its fields. CFGI_ALL is
 * CFGI_STE_RANGE of 31.
 */
public enum CommandOpcode {
  PREFETCH_CONFIG(0x01, Group.PREFETCH, Needs.NOTHING, SSEC, SSV, SUBSTREAM_ID, STREAM_ID),
  PREFETCH_ADDR(0x02, Group.PREFETCH, Needs.NOTHING, SSEC, SSV, SUBSTREAM_ID, STREAM_ID, ADDRESS),
  CFGI_STE(0x03, Group.CONFIGURATION, Needs.NOTHING, SSEC, STREAM_ID, LEAF),
  CFGI_STE_RANGE(0x04, Group.CONFIGURATION, Needs.NOTHING, SSEC, STREAM_ID, RANGE),
  CFGI_CD(0x05, Group.CONFIGURATION, Needs.STAGE_1, SSEC, SUBSTREAM_ID, STREAM_ID, LEAF),
  CFGI_CD_ALL(0x06, Group.CONFIGURATION, Needs.STAGE_1, SSEC, STREAM_ID),
  TLBI_NH_ALL(0x10, Group.TLB, Needs.STAGE_1, VMID),
  TLBI_NH_ASID(0x11, Group.TLB, Needs.STAGE_1, VMID, ASID),
  TLBI_NH_VA(0x12, Group.TLB, Needs.STAGE_1, NUM, SCALE, VMID, ASID, LEAF, TTL, TG, ADDRESS),
  TLBI_NH_VAA(0x13, Group.TLB, Needs.STAGE_1, NUM, SCALE, VMID, LEAF, TTL, TG, ADDRESS),
  TLBI_EL2_ALL(0x20, Group.TLB, Needs.EL2),
  TLBI_EL2_ASID(0x21, Group.TLB, Needs.EL2, ASID),
  TLBI_EL2_VA(0x22, Group.TLB, Needs.EL2, NUM, SCALE, ASID, LEAF, TTL, TG, ADDRESS),
  TLBI_EL2_VAA(0x23, Group.TLB, Needs.EL2, NUM, SCALE, LEAF, TTL, TG, ADDRESS),
  TLBI_S12_VMALL(0x28, Group.TLB, Needs.STAGE_2, VMID),
  TLBI_S2_IPA(0x2a, Group.TLB, Needs.STAGE_2, NUM, SCALE, VMID, LEAF, TTL, TG, ADDRESS),
  TLBI_NSNH_ALL(0x30, Group.TLB, Needs.NOTHING),
  ATC_INV(0x40, Group.ATC, Needs.ATS, GLOBAL, SSV, SUBSTREAM_ID, STREAM_ID, SIZE, ADDRESS),
  PRI_RESP(0x41, Group.RESPONSE, Needs.PRI, SSV, SUBSTREAM_ID, STREAM_ID, PRG_INDEX, RESP),
  RESUME(0x44, Group.RESPONSE, Needs.STALLS, SSEC, AC, AB, STREAM_ID, STAG),
  STALL_TERM(0x45, Group.RESPONSE, Needs.STALLS, SSEC, STREAM_ID),
  SYNC(0x46, Group.SYNC, Needs.NOTHING, CS, MSH, MSI_ATTR, MSI_DATA, MSI_ADDRESS);

  /** What a command is for (IHI 0070 4.2 to 4.7). */
  public enum Group {
    /** A hint to fetch configuration or translations. */
    PREFETCH(false),
    /** Drops cached configuration. */
    CONFIGURATION(true),
    /** Drops cached translations. */
    TLB(true),
    /** Makes an endpoint drop translations. */
    ATC(true),
    /** Answers an endpoint's page request, or goes on with what stalled. */
    RESPONSE(false),
    /** Waits for the commands before it. */
    SYNC(false);

    private final boolean invalidates;

    Group(boolean invalidates) {
      this.invalidates = invalidates;
    }

    /** Whether its commands drop cached information, in the SMMU or in an endpoint. */
    public boolean invalidates() {
      return invalidates;
    }
  }

  /** What an SMMU must have; without it the command is illegal. */
  public enum Needs {
    NOTHING,
    /** IDR0.S1P. */
    STAGE_1,
    /** IDR0.S2P. */
    STAGE_2,
    /** IDR0.Hyp. */
    EL2,
    /** IDR0.ATS. */
    ATS,
    /** IDR0.PRI. */
    PRI,
    /** An IDR0.STALL_MODEL under which transactions may stall. */
    STALLS
  }

  private static final @Nullable CommandOpcode[] BY_CODE = new @Nullable CommandOpcode[256];

  static {
    for (CommandOpcode opcode : values()) {
      if (BY_CODE[opcode.code] != null) {
        throw new IllegalStateException(opcode + " has the code of " + BY_CODE[opcode.code]);
      }
      BY_CODE[opcode.code] = opcode;
    }
  }

  private final int code;
  private final Group group;
  private final Needs needs;

  @SuppressWarnings("ImmutableEnumChecker") // List.of, of immutable fields
  private final List<BitField> fields;

  private final boolean namesSecurity;
  private final boolean namesAddresses;

  CommandOpcode(int code, Group group, Needs needs, BitField... fields) {
    this.code = code;
    this.group = group;
    this.needs = needs;
    this.fields = List.of(fields);
    this.namesSecurity = this.fields.contains(SSEC);
    this.namesAddresses = this.fields.contains(ADDRESS);
  }

  public int code() {
    return code;
  }

  public Group group() {
    return group;
  }

  public Needs needs() {
    return needs;
  }

  /** Its fields but the opcode, constants of {@link CommandField}, from the lowest bit upward. */
  public List<BitField> fields() {
    return fields;
  }

  /** Whether it has SSEC, which says that the stream is a Secure one. */
  public boolean namesSecurity() {
    return namesSecurity;
  }

  /** Whether it names an address, and not all of what it is for. */
  public boolean namesAddresses() {
    return namesAddresses;
  }

  /** The opcode of a command's first word, or null where the architecture names none. */
  public static @Nullable CommandOpcode of(long firstWord) {
    return BY_CODE[CommandField.OPCODE.getInt(firstWord)];
  }
}
