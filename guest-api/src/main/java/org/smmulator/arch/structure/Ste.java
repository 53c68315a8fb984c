package org.smmulator.arch.structure;

import static org.smmulator.arch.BitField.bit;
import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** Stream table entry, 64 bytes (IHI 0070 5.2). */
public final class Ste {
  public static final BitField V = bit(0);
  public static final BitField CONFIG = field(3, 1);
  public static final BitField S1FMT = field(5, 4);

  /** In place. */
  public static final BitField S1CONTEXTPTR = field(51, 6);

  public static final BitField S1CDMAX = field(63, 59);
  public static final BitField S1DSS = field(65, 64);
  public static final BitField S1CIR = field(67, 66);
  public static final BitField S1COR = field(69, 68);
  public static final BitField S1CSH = field(71, 70);
  public static final BitField DRE = bit(76);
  public static final BitField CONT = field(80, 77);
  public static final BitField DCP = bit(81);
  public static final BitField PPAR = bit(82);
  public static final BitField MEV = bit(83);
  public static final BitField S2FWB = bit(89);
  public static final BitField S1MPAM = bit(90);
  public static final BitField S1STALLD = bit(91);
  public static final BitField EATS = field(93, 92);
  public static final BitField STRW = field(95, 94);
  public static final BitField MEMATTR = field(99, 96);
  public static final BitField MTCFG = bit(100);
  public static final BitField ALLOCCFG = field(104, 101);
  public static final BitField SHCFG = field(109, 108);
  public static final BitField NSCFG = field(111, 110);
  public static final BitField PRIVCFG = field(113, 112);
  public static final BitField INSTCFG = field(115, 114);
  public static final BitField S2VMID = field(143, 128);
  public static final BitField S2T0SZ = field(165, 160);
  public static final BitField S2SL0 = field(167, 166);
  public static final BitField S2IR0 = field(169, 168);
  public static final BitField S2OR0 = field(171, 170);
  public static final BitField S2SH0 = field(173, 172);
  public static final BitField S2TG = field(175, 174);
  public static final BitField S2PS = field(178, 176);
  public static final BitField S2AA64 = bit(179);
  public static final BitField S2ENDI = bit(180);
  public static final BitField S2AFFD = bit(181);
  public static final BitField S2PTW = bit(182);
  public static final BitField S2HD = bit(183);
  public static final BitField S2HA = bit(184);
  public static final BitField S2S = bit(185);
  public static final BitField S2R = bit(186);

  /** In place. */
  public static final BitField S2TTB = field(243, 196);

  public static final int BYTES = 64;
  public static final int WORDS = 8;

  /** CONFIG: abort without an event (all of 0xx). */
  public static final int CONFIG_ABORT = 0b000;

  /** CONFIG: bypass both stages. */
  public static final int CONFIG_BYPASS = 0b100;

  /** CONFIG: stage 1 translates, stage 2 is bypassed. */
  public static final int CONFIG_STAGE1 = 0b101;

  /** CONFIG: stage 2 only. */
  public static final int CONFIG_STAGE2 = 0b110;

  /** CONFIG: both stages. */
  public static final int CONFIG_NESTED = 0b111;

  /** S1DSS: a transaction without substream is terminated. */
  public static final int S1DSS_TERMINATE = 0;

  /** S1DSS: a transaction without substream bypasses stage 1. */
  public static final int S1DSS_BYPASS = 1;

  /** S1DSS: a transaction without substream uses context descriptor 0. */
  public static final int S1DSS_SSID0 = 2;

  /** S1FMT: one linear table of context descriptors. */
  public static final int S1FMT_LINEAR = 0;

  /** S1FMT: 2-level, leaf tables of 4 KiB (64 descriptors). */
  public static final int S1FMT_4K_LEAF = 1;

  /** S1FMT: 2-level, leaf tables of 64 KiB (1024 descriptors). */
  public static final int S1FMT_64K_LEAF = 2;

  /** EATS: ATS refused. */
  public static final int EATS_ABORT = 0;

  /** EATS: full ATS. */
  public static final int EATS_FULL = 1;

  /** SHCFG: shareability as the transaction brings it. */
  public static final int SHCFG_INCOMING = 1;

  private Ste() {}
}
