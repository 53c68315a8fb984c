package org.smmulator.smmu.oracle;

import org.jspecify.annotations.Nullable;

/** Random accesses to one machine, most of them to what its tables map. */
final class AccessGenerator {
  private final Chance chance;
  private final RandomMachine machine;
  private final SmmuUnderTest smmu;

  AccessGenerator(Chance chance, RandomMachine machine, SmmuUnderTest smmu) {
    this.chance = chance;
    this.machine = machine;
    this.smmu = smmu;
  }

  ClientAccess next() {
    if (machine.streams.isEmpty() || chance.percent(2)) {
      int id = (int) chance.bits(machine.streamTableLog2 + (chance.percent(50) ? 1 : 0));
      return access(null, id, substream(8), chance.bits(chance.between(20, 64)));
    }
    return of(chance.oneOf(machine.streams));
  }

  /** An access of one stream. */
  ClientAccess of(Stream stream) {
    if (stream.contexts.isEmpty() || chance.percent(4)) {
      return access(stream, stream.streamId, anySubstream(stream), otherAddress(stream));
    }
    return of(stream, chance.oneOf(stream.contexts), null);
  }

  /** An access through one CD, to the addresses of one descriptor if it is given. */
  ClientAccess of(Stream stream, Stream.Context context, RandomTables.@Nullable Slot slot) {
    int substream = context.index();
    if (substream == 0 && chance.percent(stream.s1CdMax == 0 ? 96 : 60)) {
      substream = ClientAccess.NO_SUBSTREAM;
    } else if (chance.percent(4)) {
      substream = anySubstream(stream);
    }
    int half = chance.below(context.halves().size());
    for (int i = 0; i < context.halves().size() && slot != null; i++) {
      RandomTables tables = context.halves().get(i);
      if (tables.leaves().contains(slot) || tables.tables().contains(slot)) {
        half = i;
      }
    }
    RandomTables tables = context.halves().get(half);
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

  private long mapped(RandomTables tables) {
    return tables.leaves().isEmpty() ? chance.bits(48) : within(chance.oneOf(tables.leaves()));
  }

  private long within(RandomTables.Slot slot) {
    int near = Math.min(slot.sizeLog2(), chance.oneOf(12, 14, 16, 30, 52));
    return slot.input() + chance.bits(near);
  }

  private long otherAddress(Stream stream) {
    RandomTables stage2 = stream.stage2;
    if (stage2 != null && chance.percent(90)) {
      return mapped(stage2);
    }
    return chance.bits(chance.oneOf(32, 40, 48, 52, 64));
  }

  private int anySubstream(Stream stream) {
    return chance.percent(60) ? ClientAccess.NO_SUBSTREAM : substream(stream.s1CdMax + 1);
  }

  private int substream(int bits) {
    return (int) chance.bits(Math.min(bits, machine.registers.substreamIdBits()));
  }

  private ClientAccess.Kind kind() {
    int lot = machine.registers.ats() ? chance.below(100) : 0;
    return lot < 68
        ? ClientAccess.Kind.UNTRANSLATED
        : lot < 92 ? ClientAccess.Kind.TRANSLATION_REQUEST : ClientAccess.Kind.TRANSLATED;
  }

  private ClientAccess access(@Nullable Stream stream, int streamId, int substream, long address) {
    ClientAccess.Kind kind = kind();
    boolean privileged = chance.percent(35);
    boolean instruction = chance.percent(20);
    int pages = 1;
    if (kind == ClientAccess.Kind.TRANSLATED) {
      address = stream == null ? address : otherAddress(stream);
      return new ClientAccess(
          kind,
          streamId,
          ClientAccess.NO_SUBSTREAM,
          address,
          chance.percent(50),
          false,
          false,
          pages,
          false);
    }
    if (kind == ClientAccess.Kind.TRANSLATION_REQUEST) {
      int stu = machine.registers.smallestGranuleLog2();
      address = Bits.alignDown(address, stu);
      pages = chance.percent(50) ? 1 : chance.between(1, 8);
      // The bus carries these two in the PASID prefix.
      privileged &= substream != ClientAccess.NO_SUBSTREAM;
      instruction &= substream != ClientAccess.NO_SUBSTREAM;
    }
    return new ClientAccess(
        kind,
        streamId,
        substream,
        address,
        chance.percent(45),
        privileged,
        instruction,
        pages,
        kind == ClientAccess.Kind.UNTRANSLATED && smmu.mayStall(streamId));
  }
}
