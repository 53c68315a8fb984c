package org.smmulator.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.arch.port.BusAbort;

class AddressMapTest {
  private static final long RAM = 0x4000_0000L;
  private static final long RAM_BYTES = 1 << 20;
  private static final long SETSPI = 0x0802_0040L;
  private static final long MAILBOX = 0x0a00_0000L;

  private final List<Integer> raised = new ArrayList<>();
  private final AddressMap map = AddressMap.of(new SparseMemory(RAM, RAM_BYTES), raised::add);

  /** Registers that hold what was written last, wherever. */
  private static final class Mailbox implements Target.Now {
    private long held;

    @Override
    public long read(long offset, int bytes) {
      return held + offset;
    }

    @Override
    public void write(long offset, int bytes, long value) {
      held = value;
    }
  }

  /** Registers that answer when the test says so. */
  private static final class Slow implements Target.Later {
    private final List<Runnable> owed = new ArrayList<>();

    @Override
    public void read(long offset, int bytes, Answer answer) {
      owed.add(() -> answer.done(Response.OKAY, offset));
    }

    @Override
    public void write(long offset, int bytes, long value, Consumer<Response> done) {
      owed.add(() -> done.accept(Response.SLVERR));
    }
  }

  private static Region region(
      String name, long base, long bytes, Region.Reach reach, Target target) {
    return new Region(name, base, bytes, 4 | 8, reach, true, target);
  }

  private static Region region(String name, long base, long bytes) {
    return region(name, base, bytes, Region.Reach.CPUS, new Mailbox());
  }

  private void write32(long pa, int value) throws BusAbort {
    map.write(pa, ByteBuffer.allocate(8).putInt(4, Integer.reverseBytes(value)), 4, 4);
  }

  @ParameterizedTest
  @CsvSource({"79, 0", "80, 1", "143, 1", "144, 0", "-1, 0"})
  void aWriteToSetspiRaisesItsInterrupt(int intid, int times) throws BusAbort {
    write32(SETSPI, intid);
    map.store32(SETSPI, intid);
    assertThat(raised).hasSize(2 * times).allMatch(raisedId -> raisedId == intid);
  }

  @Test
  void otherWritesToTheFrameAreIgnored() throws BusAbort {
    write32(SETSPI + 4, 90);
    map.write(SETSPI, new byte[] {90, 0}, 0, 2);
    map.write(SETSPI, new byte[] {90, 0, 0, 0, 0, 0, 0, 0}, 0, 8);
    map.write(SETSPI - 4, new byte[16], 0, 16);
    assertThat(raised).isEmpty();
  }

  @Test
  void theFrameSaysWhichInterruptsItHas() throws BusAbort {
    byte[] type = new byte[4];
    map.read(0x0802_0008L, type, 0, 4);
    assertThat(type).containsExactly(64, 0, 80, 0);
    map.read(SETSPI, type, 0, 4);
    assertThat(type).containsExactly(0, 0, 0, 0);
  }

  @Test
  void everythingElseIsMemoryOrAborts() throws BusAbort {
    map.store64(RAM, 5);
    assertThat(map.load64(RAM)).isEqualTo(5);
    assertThat(map.getAndSet64(RAM, 6)).isEqualTo(5);
    assertThat(map.compareAndSet64(RAM, 6, 7)).isTrue();
    byte[] bytes = new byte[2];
    map.read(RAM, bytes, 0, 2);
    assertThat(bytes).containsExactly(7, 0);
    map.write(RAM + 1, new byte[] {1}, 0, 1);
    map.fill(RAM + 2, 1, (byte) 2);
    map.store32(RAM + 4, 3);
    assertThat(map.load64(RAM)).isEqualTo(0x3_0002_0107L);

    assertThatThrownBy(() -> map.write(0, new byte[4], 0, 4)).isSameAs(BusAbort.INSTANCE);
    assertThatThrownBy(() -> map.store32(0, 1)).isSameAs(BusAbort.INSTANCE);
    assertThatThrownBy(() -> map.load64(SETSPI)).isSameAs(BusAbort.INSTANCE);
    assertThat(map.find(0, 1)).isNull();
    assertThat(map.isShared(0, 1)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(longs = {MAILBOX, MAILBOX - 0xfff, MAILBOX + 0xfff})
  void refusesARegionThatOverlapsAnotherAndNamesBoth(long base) {
    map.add(region("the mailbox", MAILBOX, 0x1000));
    assertThatThrownBy(() -> map.add(region("the second one", base, 0x1000)))
        .hasMessage(
            "the second one (0x%x to 0x%x) overlaps the mailbox (0xa000000 to 0xa000fff)",
            base, base + 0xfff);
    map.add(region("a neighbour", MAILBOX + 0x1000, 0x1000));
    map.add(region("another", MAILBOX - 0x1000, 0x1000));
  }

  @Test
  void refusesARegionThatOverlapsRam() {
    assertThatThrownBy(() -> map.add(region("the mailbox", RAM + RAM_BYTES - 1, 0x1000)))
        .hasMessage(
            "the mailbox (0x400fffff to 0x40100ffe) overlaps RAM (0x40000000 to 0x400fffff)");
    assertThatThrownBy(() -> map.add(region("all", 0, Long.MAX_VALUE)))
        .hasMessageStartingWith("all (0x0 to ");
    map.add(region("the mailbox", RAM + RAM_BYTES, 0x1000));
  }

  @Test
  void refusesARegionThatIsNone() {
    assertThatThrownBy(() -> region("odd", MAILBOX, 0)).hasMessageContaining("odd: no range");
    assertThatThrownBy(
            () -> new Region("odd", MAILBOX, 16, 0, Region.Reach.CPUS, true, new Mailbox()))
        .hasMessageContaining("odd: access widths of 0");
    assertThatThrownBy(() -> region("late", MAILBOX, 16, Region.Reach.EVERY_MASTER, new Slow()))
        .hasMessageContaining("late answers later");
  }

  @Test
  void anAccessThatStraddlesTwoRegionsIsInNone() {
    map.add(region("low", MAILBOX, 0x1000, Region.Reach.EVERY_MASTER, new Mailbox()));
    map.add(region("high", MAILBOX + 0x1000, 0x1000, Region.Reach.EVERY_MASTER, new Mailbox()));
    map.add(region("end", RAM + RAM_BYTES, 0x1000, Region.Reach.EVERY_MASTER, new Mailbox()));
    for (long border : new long[] {MAILBOX + 0x1000, RAM + RAM_BYTES, RAM}) {
      assertThat(map.find(border - 2, 4)).isNull();
      assertThat(map.isShared(border - 2, 4)).isFalse();
      assertThatThrownBy(() -> map.read(border - 2, new byte[4], 0, 4)).isSameAs(BusAbort.INSTANCE);
      assertThatThrownBy(() -> map.write(border - 2, new byte[4], 0, 4))
          .isSameAs(BusAbort.INSTANCE);
    }
  }

  @Test
  void anAccessOfAnotherWidthOrOutOfLineIsNotAllowed() throws BusAbort {
    Mailbox mailbox = new Mailbox();
    Region region = region("the mailbox", MAILBOX, 0x1000, Region.Reach.EVERY_MASTER, mailbox);
    map.add(region);
    assertThat(region.allows(MAILBOX + 4, 4)).isTrue();
    assertThat(region.allows(MAILBOX + 8, 8)).isTrue();
    for (long[] wrong : new long[][] {{0, 1}, {0, 2}, {0, 3}, {0, 12}, {0, 16}, {4, 8}, {2, 4}}) {
      long pa = MAILBOX + wrong[0];
      int width = (int) wrong[1];
      assertThat(region.allows(pa, width)).as("%d bytes at +%d", width, wrong[0]).isFalse();
      byte[] data = new byte[width];
      data[0] = 1;
      map.write(pa, data, 0, width);
      assertThat(mailbox.held).isZero();
      map.read(pa, data, 0, width);
      assertThat(data).containsOnly(0);
    }
    map.write(MAILBOX, new byte[] {1, 2, 3, 4, 5, 6, 7, (byte) 0x88}, 0, 8);
    assertThat(mailbox.held).isEqualTo(0x8807_0605_0403_0201L);
  }

  @Test
  void everyMasterReachesARegionThatIsForAll() throws BusAbort {
    Mailbox mailbox = new Mailbox();
    map.add(region("the mailbox", MAILBOX, 0x1000, Region.Reach.EVERY_MASTER, mailbox));
    map.store32(MAILBOX, -2);
    assertThat(mailbox.held).isEqualTo(0xffff_fffeL);
    byte[] seenByDma = new byte[4];
    map.read(MAILBOX, seenByDma, 0, 4);
    assertThat(seenByDma).containsExactly(-2, -1, -1, -1);
    List<Long> seenByCpu = new ArrayList<>();
    Region found = Objects.requireNonNull(map.find(MAILBOX, 4));
    found.read(MAILBOX, 4, (response, value) -> seenByCpu.add(value));
    assertThat(seenByCpu).containsExactly(0xffff_fffeL);
  }

  @Test
  void devicesAndTheSmmuHaveNoPathToWhatIsForCpus() {
    Mailbox mailbox = new Mailbox();
    map.add(region("the mailbox", MAILBOX, 0x1000, Region.Reach.CPUS, mailbox));
    assertThat(map.find(MAILBOX, 4)).isNotNull();
    assertThatThrownBy(() -> map.store32(MAILBOX, 1)).isSameAs(BusAbort.INSTANCE);
    assertThatThrownBy(() -> map.read(MAILBOX, new byte[4], 0, 4)).isSameAs(BusAbort.INSTANCE);
    assertThat(mailbox.held).isZero();
  }

  @Test
  void aTargetMayAnswerLater() {
    Slow slow = new Slow();
    Region region = region("a device", MAILBOX, 0x1000, Region.Reach.CPUS, slow);
    List<Object> answers = new ArrayList<>();
    region.read(MAILBOX + 0x10, 4, (response, value) -> answers.add(value));
    region.write(MAILBOX + 0x10, 4, 1, answers::add);
    assertThat(answers).isEmpty();
    slow.owed.forEach(Runnable::run);
    assertThat(answers).containsExactly(0x10L, Response.SLVERR);
  }
}
