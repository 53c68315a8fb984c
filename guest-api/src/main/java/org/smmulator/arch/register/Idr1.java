package org.smmulator.arch.register;

import static org.smmulator.arch.BitField.bit;
import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** SMMU_IDR1: sizes (IHI 0070 6.3.2). */
public final class Idr1 {
  public static final BitField SIDSIZE = field(5, 0);
  public static final BitField SSIDSIZE = field(10, 6);
  public static final BitField PRIQS = field(15, 11);
  public static final BitField EVENTQS = field(20, 16);
  public static final BitField CMDQS = field(25, 21);
  public static final BitField ATTR_PERMS_OVR = bit(26);
  public static final BitField ATTR_TYPES_OVR = bit(27);
  public static final BitField REL = bit(28);
  public static final BitField QUEUES_PRESET = bit(29);
  public static final BitField TABLES_PRESET = bit(30);
  public static final BitField ECMDQ = bit(31);

  private Idr1() {}
}
