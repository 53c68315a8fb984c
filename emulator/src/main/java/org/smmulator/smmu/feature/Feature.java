package org.smmulator.smmu.feature;

/**
 * What an SMMU has or lacks, by the names of the ID registers that show it (IHI 0070 6.3.1 to
 * 6.3.6).
 */
public enum Feature {
  /** Stage 1 translation. */
  S1P,
  /** Stage 2 translation. */
  S2P,
  /** Table walks and queues are coherent with the caches of CPUs. */
  COHACC,
  /** Broadcast TLB maintenance of CPUs reaches the SMMU. */
  BTM,
  /** EL2 stream worlds. */
  HYP,
  ATS,
  /** ATS that answers with the result of stage 1 (EATS = 10); shown inverted as NS1ATS. */
  SPLIT_ATS,
  ASID16,
  /** The SMMU's own interrupts can be messages. */
  MSI,
  /** CMD_SYNC can send an event to CPUs. */
  SEV,
  /** Translation by registers (GATOS). */
  ATOS,
  PRI,
  /** VMIDs can be matched in groups. */
  VMW,
  VMID16,
  /** 2-level tables of context descriptors. */
  CD2L,
  /** Configuration errors of ATS requests can be recorded. */
  ATSRECERR,
  /** 2-level stream tables; shown as ST_LEVEL. */
  TWO_LEVEL_STREAM_TABLE,
  /** Faults terminate with an abort only: CD.A must be 1. */
  TERM_MODEL,
  ATTR_PERMS_OVR,
  ATTR_TYPES_OVR,
  /** Permissions in table descriptors can be switched off. */
  HAD,
  /** Stage 2 tells privileged from unprivileged execution. */
  XNX,
  /** Automatic PRG responses always carry the request's PASID. */
  PPS,
  /** Stage 2 can force write-back. */
  FWB,
  /** Small translation tables: TxSZ up to 48. */
  STT,
  /** Range invalidation and level hints. */
  RIL,
  /** Unprivileged accesses to one half can be refused without a walk. */
  E0PD,
  GRAN4K,
  GRAN16K,
  GRAN64K,
  /** Input addresses of 52 bits with the 64 KiB granule; shown as VAX. */
  VAX52
}
