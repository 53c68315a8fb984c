package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.smmu.port.SmmuCounter;
import org.smmulator.smmu.port.Transaction.Outcome;

/** Who may do what at a leaf of stage 1: beyond AP, UXN and PXN, what context and stream say. */
class PermissionTest {
  private static final int NONE = BareGuest.NONE;
  private static final long VA = 0x7fff_1234_5000L;
  private static final long UPPER = 0xffff_ffff_ffff_5000L;
  private static final long PA = BareGuest.RAM + 0x800_0000L;

  private BareGuest guest = BareGuest.up();
  private Tables lower = new Tables(guest, 12, 48, 0);
  private Tables upper = new Tables(guest, 12, 48, 0);

  private void use(String features) {
    guest = BareGuest.up(Variants.of(features));
    lower = new Tables(guest, 12, 48, 0);
    upper = new Tables(guest, 12, 48, 0);
  }

  private void stream(String entry, String context) {
    long cd = guest.allocate(64);
    Structure descriptor =
        BareGuest.cd(1, lower.root()).with("epd1=0 t1sz=16 tg1=2").set("ttb1", upper.root());
    guest.store(cd, descriptor.with(context));
    guest.storeSte(5, BareGuest.translatingSte(cd).with(entry));
    guest.invalidateAll();
  }

  private void leaves(String settings) {
    lower.map(VA, 3, BareGuest.page(PA).with(settings));
    upper.map(UPPER, 3, BareGuest.page(PA).with(settings));
  }

  private String permissions(long address) {
    StringBuilder may = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      Outcome outcome = guest.access(5, NONE, address, i % 3 == 1, i >= 3, i % 3 == 2);
      may.append(outcome == Outcome.TRANSLATED ? "rwx".charAt(i % 3) : '-');
    }
    guest.takeEvents();
    return may.toString();
  }

  @Test
  void e0pdKeepsTheUnprivilegedOutOfOneHalf() {
    leaves("ap2=1");
    stream("", "e0pd0=1");
    assertThat(permissions(VA)).isEqualTo("---r-x");
    assertThat(permissions(UPPER)).isEqualTo("r-xr-x");
    stream("", "e0pd1=1");
    assertThat(permissions(VA)).isEqualTo("r-xr-x");
    assertThat(permissions(UPPER)).isEqualTo("---r-x");
  }

  @Test
  void e0pdIsATranslationFaultWithoutAWalkEvenOverACachedPage() {
    leaves("");
    stream("", "e0pd0=1");
    guest.access(5, NONE, VA, false, true, false);
    long reads = guest.smmu.counters().of(SmmuCounter.DESCRIPTOR_READS);
    assertThat(guest.access(5, NONE, VA, false)).isEqualTo(Outcome.FAULTED);
    assertThat(TwoStages.describe(guest.takeEvent())).isEqualTo("F_TRANSLATION S1 IN");
    assertThat(guest.smmu.counters().of(SmmuCounter.DESCRIPTOR_READS)).isEqualTo(reads);
  }

  @Test
  void hadIgnoresTheTablesOfOneHalf() {
    leaves("");
    for (long at : new long[] {lower.slot(VA, 1), upper.slot(UPPER, 1)}) {
      guest.store(at, guest.load(at) | 7L << 60);
    }
    stream("", "had0=1");
    assertThat(permissions(VA)).isEqualTo("rwxrw-");
    assertThat(permissions(UPPER)).isEqualTo("---r-x");
    stream("", "had1=1");
    assertThat(permissions(VA)).isEqualTo("---r-x");
    assertThat(permissions(UPPER)).isEqualTo("rwxrw-");
  }

  @Test
  void anSmmuWithoutTheFeatureIgnoresItsBit() {
    use("-HAD -E0PD");
    leaves("");
    long at = lower.slot(VA, 0);
    guest.store(at, guest.load(at) | 2L << 61);
    stream("", "had0=1 e0pd0=1");
    assertThat(permissions(VA)).isEqualTo("r-xr-x");
  }

  @Test
  void limitsOfSeveralTablesAddUp() {
    leaves("");
    long[] limits = {1L << 59, 1L << 60, 2L << 61};
    for (int level = 0; level < 3; level++) {
      long at = lower.slot(VA, level);
      guest.store(at, guest.load(at) | limits[level]);
    }
    stream("", "");
    assertThat(permissions(VA)).isEqualTo("r--r--");
  }

  /** Privilege and kind of an access as the stream overrides them. */
  @ParameterizedTest
  @CsvSource({
    "0, 0, ap1=0, --xrwx",
    "1, 1, ap1=0, --xrwx",
    "2, 0, ap1=0, --x--x",
    "3, 0, ap1=0, rwxrwx",
    "0, 2, ap1=0 uxn=1, ---rwx",
    "0, 3, uxn=1 ap2=1, ---r-x",
    "0, 3, '', rwx-w-",
    "3, 2, ap1=0 pxn=1, rwxrwx"
  })
  void aStreamMayOverridePrivilegeAndKind(int privcfg, int instcfg, String leaf, String may) {
    leaves(leaf);
    stream("privcfg=" + privcfg + " instcfg=" + instcfg, "");
    assertThat(permissions(VA)).isEqualTo(may);
    use("-ATTR_PERMS_OVR");
    leaves("ap1=0");
    stream("privcfg=" + privcfg + " instcfg=" + instcfg, "");
    assertThat(permissions(VA)).isEqualTo("--xrwx");
  }

  @Test
  void aWriteIsDataWhateverItAndTheStreamSay() {
    leaves("uxn=1 pxn=1");
    stream("instcfg=3", "");
    for (boolean execute : new boolean[] {false, true}) {
      assertThat(guest.access(5, NONE, VA, true, false, execute)).isEqualTo(Outcome.TRANSLATED);
      assertThat(guest.access(5, NONE, VA, false, false, execute)).isEqualTo(Outcome.FAULTED);
    }
  }

  @Test
  void overridesReachStage2() {
    TwoStages two = new TwoStages();
    two.edit("s2pte", two.stage2.slot(TwoStages.IPA, 3), "xn=3");
    two.stream("config=6 privcfg=3 instcfg=3");
    assertThat(two.read(TwoStages.IPA)).isEqualTo(TwoStages.PA);
    two.stream("config=6 privcfg=2 instcfg=3");
    assertThat(two.fault(TwoStages.IPA, false)).isEqualTo("F_PERMISSION S2 IN");
  }
}
