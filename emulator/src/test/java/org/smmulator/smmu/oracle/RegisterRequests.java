package org.smmulator.smmu.oracle;

import java.util.List;

/** Requests of software by GATOS_SID, ADDR, CTRL and PAR, compared with the reference. */
final class RegisterRequests {
  private static final int GATOS_CTRL = 0x100;
  private static final int GATOS_SID = 0x108;
  private static final int GATOS_ADDR = 0x110;
  private static final int GATOS_PAR = 0x118;

  private final Chance chance;
  private final SmmuUnderTest smmu;
  private final Arena arena;
  private final Comparison comparison;
  private final ReferenceRegisterTranslation reference;
  private final Coverage coverage;

  RegisterRequests(
      Chance chance, SmmuUnderTest smmu, Arena arena, Comparison comparison, Coverage coverage) {
    this.chance = chance;
    this.smmu = smmu;
    this.arena = arena;
    this.comparison = comparison;
    this.coverage = coverage;
    reference = new ReferenceRegisterTranslation(RegisterValues.readFrom(smmu::read), arena);
  }

  /**
   * Asks for what an access would have asked for; no word is stale now. Whether hardware wrote to
   * memory.
   */
  boolean check(ClientAccess access) {
    int type = chance.percent(98) ? chance.between(1, 3) : 0;
    boolean substream = access.hasSubstream() && (type != 2 || chance.percent(20));
    ClientAccess asked =
        new ClientAccess(
            ClientAccess.Kind.UNTRANSLATED,
            access.streamId(),
            substream ? access.substreamId() : ClientAccess.NO_SUBSTREAM,
            access.address() & ~0xfffL,
            access.write(),
            access.privileged(),
            access.instruction(),
            1,
            false);
    ReferenceRegisterTranslation.Request request =
        new ReferenceRegisterTranslation.Request(asked, type);
    comparison.begin();
    boolean inhibited = chance.percent(25);
    long par = perform(request, inhibited);
    comparison.hideWrites();
    ReferenceRegisterTranslation.Result expected = reference.result(request);
    comparison.expect(inhibited ? List.of() : expected.updates(), !expected.fault());
    if (!isSame(expected, par) && !(inhibited && expected.ofUpdate())) {
      throw new AssertionError(
          String.format(
              "GATOS TYPE %d, inhibited %b, of %s, address %x: PAR %x, expected %s, %x%n%s",
              type, inhibited, asked, asked.address(), par, expected, expected.par(), smmu));
    }
    comparison.checkWrites();
    coverage.count(
        "GATOS TYPE " + type + (expected.fault() ? " fault " + name(expected.par()) : " success"));
    return arena.written() > 0;
  }

  private static String name(long par) {
    return String.format("%02x REASON %d", Bits.bits(par, 11, 4), Bits.bits(par, 2, 1));
  }

  private long perform(ReferenceRegisterTranslation.Request request, boolean inhibited) {
    ClientAccess access = request.access();
    long sid =
        Integer.toUnsignedLong(access.streamId())
            | (access.hasSubstream() ? (1L << 52) | ((long) access.substreamId() << 32) : 0);
    smmu.write(GATOS_SID, 8, sid);
    smmu.write(
        GATOS_ADDR,
        8,
        access.address()
            | ((long) request.type() << 10)
            | Bits.flag(access.privileged(), 9)
            | Bits.flag(!access.write(), 8)
            | Bits.flag(access.instruction(), 7)
            | Bits.flag(inhibited, 6));
    smmu.write(GATOS_CTRL, 4, 1);
    if (smmu.read(GATOS_CTRL, 4) != 0) {
      throw new AssertionError("GATOS_CTRL.RUN stays set");
    }
    return smmu.read(GATOS_PAR, 8);
  }

  private static boolean isSame(ReferenceRegisterTranslation.Result expected, long par) {
    if (expected.fault()) {
      return par == expected.par();
    }
    long field = Bits.inPlace(par, 55, 12);
    int sizeLog2 = Bits.bit(par, 11) ? Long.numberOfTrailingZeros(field) + 1 : 12;
    return !Bits.bit(par, 0)
        && sizeLog2 <= expected.sizeLog2()
        && Bits.alignDown(field, sizeLog2) == Bits.alignDown(expected.par(), sizeLog2);
  }
}
