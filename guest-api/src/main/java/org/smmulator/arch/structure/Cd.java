package org.smmulator.arch.structure;

import static org.smmulator.arch.BitField.bit;
import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** Context descriptor, 64 bytes (IHI 0070 5.4). */
public final class Cd {
  public static final BitField T0SZ = field(5, 0);

  /** 0 4 KiB, 1 64 KiB, 2 16 KiB. */
  public static final BitField TG0 = field(7, 6);

  public static final BitField IR0 = field(9, 8);
  public static final BitField OR0 = field(11, 10);
  public static final BitField SH0 = field(13, 12);
  public static final BitField EPD0 = bit(14);
  public static final BitField ENDI = bit(15);
  public static final BitField T1SZ = field(21, 16);

  /** 1 16 KiB, 2 4 KiB, 3 64 KiB: not the encoding of TG0. */
  public static final BitField TG1 = field(23, 22);

  public static final BitField IR1 = field(25, 24);
  public static final BitField OR1 = field(27, 26);
  public static final BitField SH1 = field(29, 28);
  public static final BitField EPD1 = bit(30);
  public static final BitField V = bit(31);
  public static final BitField IPS = field(34, 32);
  public static final BitField AFFD = bit(35);
  public static final BitField WXN = bit(36);
  public static final BitField UWXN = bit(37);
  public static final BitField TBI0 = bit(38);
  public static final BitField TBI1 = bit(39);
  public static final BitField PAN = bit(40);
  public static final BitField AA64 = bit(41);
  public static final BitField HD = bit(42);
  public static final BitField HA = bit(43);
  public static final BitField S = bit(44);
  public static final BitField R = bit(45);
  public static final BitField A = bit(46);
  public static final BitField ASET = bit(47);
  public static final BitField ASID = field(63, 48);
  public static final BitField NSCFG0 = bit(64);
  public static final BitField HAD0 = bit(65);
  public static final BitField E0PD0 = bit(66);

  /** In place. */
  public static final BitField TTB0 = field(115, 68);

  public static final BitField NSCFG1 = bit(128);
  public static final BitField HAD1 = bit(129);
  public static final BitField E0PD1 = bit(130);

  /** In place. */
  public static final BitField TTB1 = field(179, 132);

  /** Attributes 0 to 7, a byte each. */
  public static final BitField MAIR = field(255, 192);

  public static final int BYTES = 64;
  public static final int WORDS = 8;

  private Cd() {}
}
