package org.smmulator.smmu.oracle;

import org.jspecify.annotations.Nullable;

/** Random accesses to one machine, most of them to what its tables map. */
final class AccessGenerator {
  private final Chance chance;
  private final Machine machine;
  private final SmmuUnderTest smmu;

  AccessGenerator(Chance chance, Machine machine, SmmuUnderTest smmu) {
    this.chance = chance;
    this.machine = machine;
    this.smmu = smmu;
  }

  Access next() {
    if (machine.streams.isEmpty() || chance.percent(2)) {
      int id = (int) chance.bits(machine.streamTableLog2 + (chance.percent(50) ? 1 : 0));
      return access(null, id, substream(8), chance.bits(chance.between(20, 64)));
    }
    return of(chance.oneOf(machine.streams));
  }

  /** An access of one stream. */
  Access of(Stream stream) {
    if (stream.contexts.isEmpty() || chance.percent(4)) {
      return access(stream, stream.streamId, anySubstream(stream), otherAddress(stream));
    }
    return of(stream, chance.oneOf(stream.contexts), null);
  }

  /** An access through one CD, to the addresses of one descriptor if it is given. */
  Access of(Stream stream, Stream.Context context, Tables.@Nullable Slot slot) {
    int substream = context.index();
    if (substream == 0 && chance.percent(stream.s1CdMax == 0 ? 96 : 60)) {
      substream = Access.NO_SUBSTREAM;
    } else if (chance.percent(4)) {
      substream = anySubstream(stream);
    }
    int half = chance.below(context.halves().size());
    for (int i = 0; i < context.halves().size() && slot != null; i++) {
      Tables tables = context.halves().get(i);
      if (tables.leaves().contains(slot) || tables.tables().contains(slot)) {
        half = i;
      }
    }
    Tables tables = context.halves().get(half);
    long address = slot == null ? mapped(tables) : within(slot);
    address &= Bits.ones(tables.shape().inputBits());
    if (half == 1) {
      address |= ~Bits.ones(tables.shape().inputBits());
    }
    return access(stream, stream.streamId, substream, spoiled(address));
  }

  private long spoiled(long address) {
    if (chance.percent(94)) {
      return address;
    }
    return switch (chance.below(3)) {
      case 0 -> (address & Bits.ones(56)) | (chance.bits(8) << 56);
      case 1 -> address ^ (1L << chance.below(64));
      default -> chance.bits(64);
    };
  }

  private long mapped(Tables tables) {
    return tables.leaves().isEmpty() ? chance.bits(48) : within(chance.oneOf(tables.leaves()));
  }

  private long within(Tables.Slot slot) {
    int near = Math.min(slot.sizeLog2(), chance.oneOf(12, 14, 16, 30, 52));
    return slot.input() + chance.bits(near);
  }

  private long otherAddress(Stream stream) {
    Tables stage2 = stream.stage2;
    if (stage2 != null && chance.percent(90)) {
      return mapped(stage2);
    }
    return chance.bits(chance.oneOf(32, 40, 48, 52, 64));
  }

  private int anySubstream(Stream stream) {
    return chance.percent(60) ? Access.NO_SUBSTREAM : substream(stream.s1CdMax + 1);
  }

  private int substream(int bits) {
    return (int) chance.bits(Math.min(bits, machine.registers.substreamIdBits()));
  }

  private Access access(@Nullable Stream stream, int streamId, int substream, long address) {
    int lot = machine.registers.ats() ? chance.below(100) : 0;
    Access.Kind kind =
        lot < 68
            ? Access.Kind.UNTRANSLATED
            : lot < 92 ? Access.Kind.TRANSLATION_REQUEST : Access.Kind.TRANSLATED;
    boolean privileged = chance.percent(35);
    boolean instruction = chance.percent(20);
    int pages = 1;
    if (kind == Access.Kind.TRANSLATED) {
      address = stream == null ? address : otherAddress(stream);
      return new Access(
          kind,
          streamId,
          Access.NO_SUBSTREAM,
          address,
          chance.percent(50),
          false,
          false,
          pages,
          false);
    }
    if (kind == Access.Kind.TRANSLATION_REQUEST) {
      int stu = machine.registers.smallestGranuleLog2();
      address = Bits.alignDown(address, stu);
      pages = chance.percent(50) ? 1 : chance.between(1, 8);
      // The bus carries these two in the PASID prefix.
      privileged &= substream != Access.NO_SUBSTREAM;
      instruction &= substream != Access.NO_SUBSTREAM;
    }
    return new Access(
        kind,
        streamId,
        substream,
        address,
        chance.percent(45),
        privileged,
        instruction,
        pages,
        kind == Access.Kind.UNTRANSLATED && smmu.mayStall(streamId));
  }
}
