package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.smmu.port.Transaction.Outcome;

/** Stream worlds: EL1, EL2 with one table and one privilege, EL2 with host extensions. */
class StreamWorldTest {
  private static final int NONE = BareGuest.NONE;
  private static final long VA = 0x7fff_1234_5000L;
  private static final long UPPER = 0xffff_ffff_ffff_5000L;
  private static final long PA = BareGuest.RAM + 0x800_0000L;
  private static final int RECINVSID = 2;
  private static final int E2H = 1;

  private BareGuest guest = BareGuest.up();
  private Tables lower = new Tables(guest, 12, 48, 0);
  private Tables upper = new Tables(guest, 12, 48, 0);

  private void use(String features) {
    guest = BareGuest.up(Variants.of(features));
    lower = new Tables(guest, 12, 48, 0);
    upper = new Tables(guest, 12, 48, 0);
  }

  private void stream(int streamId, String entry, String context) {
    long cd = guest.allocate(64);
    Structure descriptor =
        BareGuest.cd(1, lower.root()).with("epd1=0 t1sz=16 tg1=2").set("ttb1", upper.root());
    guest.store(cd, descriptor.with(context));
    guest.storeSte(streamId, BareGuest.translatingSte(cd).with(entry));
    guest.invalidateAll();
    guest.perform(Structure.command("TLBI_EL2_ALL"));
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

  @ParameterizedTest
  @CsvSource({
    // Leaf, context | unprivileged and privileged: the same. AP[1], PXN and PAN do not count.
    "'', '', rwxrwx",
    "ap1=0, '', rwxrwx",
    "ap2=1, '', r-xr-x",
    "ap1=0 ap2=1, '', r-xr-x",
    "uxn=1, '', rw-rw-",
    "pxn=1, '', rwxrwx",
    "'', pan=1, rwxrwx",
    "'', wxn=1, rw-rw-",
    "ap2=1, wxn=1, r-xr-x",
    "'', e0pd0=1, rwxrwx",
    "'', epd0=1, rwxrwx"
  })
  void el2HasOnePrivilege(String leaf, String context, String may) {
    lower.map(VA, 3, BareGuest.page(PA).with(leaf));
    stream(5, "strw=2", context);
    assertThat(permissions(VA)).isEqualTo(may);
  }

  @ParameterizedTest
  @CsvSource({"1, rwxrwx", "2, r-xr-x", "3, r-xr-x"})
  void inEl2TablesLimitWritesButNotPrivilege(int aptable, String may) {
    lower.map(VA, 3, BareGuest.page(PA));
    long top = lower.slot(VA, 0);
    guest.store(top, guest.load(top) | (long) aptable << 61);
    stream(5, "strw=2", "");
    assertThat(permissions(VA)).isEqualTo(may);
  }

  @Test
  void el2HasNoUpperHalf() {
    upper.map(UPPER, 3, BareGuest.page(PA));
    stream(5, "strw=2", "");
    assertThat(permissions(UPPER)).isEqualTo("------");
    stream(5, "strw=0", "");
    assertThat(guest.read(5, NONE, UPPER)).isEqualTo(PA);
  }

  @Test
  void el2HasNoAddressSpaceIds() {
    lower.map(VA, 3, BareGuest.page(PA));
    stream(5, "strw=2", "asid=1");
    stream(6, "strw=2", "asid=2");
    guest.read(5, NONE, VA);
    lower.map(VA, 3, BareGuest.page(PA + 0x1000));
    assertThat(guest.read(6, NONE, VA)).isEqualTo(PA);
  }

  @Test
  void withHostExtensionsEl2IsLikeEl1() {
    guest.setCr2(RECINVSID | E2H);
    lower.map(VA, 3, BareGuest.page(PA).with("ap1=0"));
    upper.map(UPPER, 3, BareGuest.page(PA));
    stream(5, "strw=2", "");
    assertThat(permissions(VA)).isEqualTo("--xrwx");
    assertThat(guest.read(5, NONE, UPPER)).isEqualTo(PA);
  }

  @Test
  void withHostExtensionsAddressSpacesAreTaggedAgain() {
    guest.setCr2(RECINVSID | E2H);
    lower.map(VA, 3, BareGuest.page(PA));
    stream(5, "strw=2", "asid=1");
    stream(6, "strw=2", "asid=2");
    guest.read(5, NONE, VA);
    lower.map(VA, 3, BareGuest.page(PA + 0x1000));
    assertThat(guest.read(6, NONE, VA)).isEqualTo(PA + 0x1000);
  }

  @ParameterizedTest
  @CsvSource({"0", "1"})
  void worldsDoNotShareTranslations(int e2h) {
    guest.setCr2(RECINVSID | e2h);
    lower.map(VA, 3, BareGuest.page(PA).with("ng=0"));
    stream(5, "strw=2", "");
    stream(6, "strw=0", "");
    guest.read(5, NONE, VA);
    lower.map(VA, 3, BareGuest.page(PA + 0x1000).with("ng=0"));
    assertThat(guest.read(6, NONE, VA)).isEqualTo(PA + 0x1000);
  }

  @Test
  void withoutHypTheFieldDoesNotCount() {
    use("-HYP");
    long cd = guest.allocate(64);
    lower.map(VA, 3, BareGuest.page(PA).with("ap1=0"));
    guest.store(cd, BareGuest.cd(1, lower.root()));
    guest.storeSte(5, BareGuest.translatingSte(cd).with("strw=2"));
    assertThat(permissions(VA)).isEqualTo("--xrwx");
  }

  @Test
  void withTwoStagesTheFieldDoesNotCountEither() {
    TwoStages two = new TwoStages();
    two.stream("strw=2");
    two.stage1.map(TwoStages.VA, 3, BareGuest.page(TwoStages.IPA).with("ap1=0"));
    assertThat(two.fault(TwoStages.VA, false)).isEqualTo("F_PERMISSION S1 IN");
  }
}
