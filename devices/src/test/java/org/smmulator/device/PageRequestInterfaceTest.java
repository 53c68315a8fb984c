package org.smmulator.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.device.DeviceBench.PASID;
import static org.smmulator.device.DeviceBench.RW;
import static org.smmulator.device.DeviceBench.VA;
import static org.smmulator.device.DmaException.Status.REFUSED;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.smmulator.bus.tlp.MessageCode;
import org.smmulator.bus.tlp.PageResponseCode;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.LatencyHistogram;
import org.smmulator.device.fake.Packet;
import org.smmulator.device.fake.PageRequestPolicy;

class PageRequestInterfaceTest {
  private static final int PRI_ID = 0x0013;
  private static final int RESPONSE_FAILURE = 1 << 16;
  private static final int UNEXPECTED_INDEX = 1 << 17;
  private static final int STOPPED = 1 << 24;
  private static final int LAST = 4;

  private final DeviceBench bench;

  PageRequestInterfaceTest() throws Exception {
    bench = DeviceBench.withAts();
    bench.root.enablePageRequests(4);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private int status() {
    return bench.root.configRead(bench.root.findExtended(PRI_ID) + 4);
  }

  private List<Packet> pageRequests() {
    return bench.root.packets().stream()
        .filter(packet -> packet.messageCode() == MessageCode.PAGE_REQUEST)
        .toList();
  }

  @Test
  void asksSoftwareForAMissingPageAndGoesOn() {
    bench.root.onPageRequest(
        request -> {
          bench.root.map(request.pasid(), request.address(), 0x5000, 12, RW);
          return PageResponseCode.SUCCESS;
        });

    assertThat(bench.write(PASID, VA + 0x123)).isNull();

    assertThat(pageRequests())
        .containsExactly(
            new Packet(TlpType.MESSAGE, 0, PASID, VA, 0, MessageCode.PAGE_REQUEST, LAST | 2));
    assertThat(bench.counter(DeviceCounter.PAGE_REQUESTS)).isEqualTo(1);
    assertThat(bench.counter(DeviceCounter.TRANSLATION_REQUESTS)).isEqualTo(2);
    assertThat(bench.counter(DeviceCounter.TRANSLATION_RETRIES)).isEqualTo(1);
    assertThat(bench.counter(DeviceCounter.ATC_MISSES)).isEqualTo(1);
    assertThat(bench.latencies(LatencyHistogram.PAGE_REQUEST)).isEqualTo(1);
  }

  @Test
  void asksForReadingWithTheReadFlag() {
    bench.root.onPageRequest(request -> PageResponseCode.INVALID);

    bench.read(PASID, VA);

    assertThat(pageRequests()).extracting(Packet::detail).containsExactly(LAST | 1);
  }

  @Test
  void failsWithTheFaultingAddressOnInvalidRequest() {
    bench.root.onPageRequest(request -> PageResponseCode.INVALID);

    DmaException failure = DeviceBench.failed(bench.read(PASID, VA + 0x40));

    assertThat(failure.status()).isEqualTo(REFUSED);
    assertThat(failure.address()).isEqualTo(VA + 0x40);
    assertThat(status() & RESPONSE_FAILURE).isZero();
  }

  @Test
  void sendsNoMorePageRequestsAfterResponseFailureUntilEnabledAgain() {
    bench.root.onPageRequest(request -> PageResponseCode.FAILURE);
    bench.read(PASID, VA);
    assertThat(status() & RESPONSE_FAILURE).isNotZero();

    DmaException second = DeviceBench.failed(bench.read(PASID, VA));
    assertThat(second.status()).isEqualTo(REFUSED);
    assertThat(pageRequests()).hasSize(1);

    bench.root.configWrite(bench.root.findExtended(PRI_ID) + 4, 0);
    bench.root.enablePageRequests(4);
    bench.read(PASID, VA);
    assertThat(pageRequests()).hasSize(2);
  }

  @Test
  void neverHasMoreOutstandingThanTheAllocation() {
    bench.root.onPageRequest(request -> PageRequestPolicy.NO_RESPONSE);
    List<CompletableFuture<@Nullable DmaException>> readers = new ArrayList<>();
    for (int page = 0; page < 6; page++) {
      readers.add(bench.start(false, PASID, VA + 0x1000L * page, new byte[8]));
    }
    bench.root.awaitPackets(TlpType.MESSAGE, 4);
    bench.root.awaitPackets(TlpType.MEMORY_READ, 6);
    bench.root.configRead(0);
    assertThat(pageRequests()).hasSize(4);

    bench.root.respond(0, PageResponseCode.INVALID);
    bench.root.awaitPackets(TlpType.MESSAGE, 5);
    bench.root.onPageRequest(request -> PageResponseCode.INVALID);
    for (int index = 1; index < 5; index++) {
      bench.root.respond(index, PageResponseCode.INVALID);
    }

    readers.forEach(reader -> assertThat(DeviceBench.end(reader)).isNotNull());
    assertThat(pageRequests()).hasSize(6);
  }

  @Test
  void givesUpOnAPageThatNeverStays() {
    bench.root.onPageRequest(request -> PageResponseCode.SUCCESS);

    DmaException failure = DeviceBench.failed(bench.read(PASID, VA));

    assertThat(failure.status()).isEqualTo(REFUSED);
    assertThat(pageRequests()).hasSize(16);
    assertThat(bench.counter(DeviceCounter.TRANSLATION_REQUESTS)).isEqualTo(17);
    assertThat(bench.counter(DeviceCounter.TRANSLATION_RETRIES)).isEqualTo(16);
  }

  @Test
  void reportsAResponseThatAnswersNothing() {
    bench.root.respond(99, PageResponseCode.SUCCESS);

    assertThat(status() & UNEXPECTED_INDEX).isNotZero();
    bench.root.configWrite(bench.root.findExtended(PRI_ID) + 4, UNEXPECTED_INDEX | 1);
    assertThat(status() & UNEXPECTED_INDEX).isZero();
  }

  @Test
  void isStoppedOnceDisabledAndEverythingIsAnswered() {
    bench.root.onPageRequest(request -> PageRequestPolicy.NO_RESPONSE);
    CompletableFuture<@Nullable DmaException> reader = bench.start(false, PASID, VA, new byte[8]);
    bench.root.awaitPackets(TlpType.MESSAGE, 1);

    bench.root.configWrite(bench.root.findExtended(PRI_ID) + 4, 0);
    DmaException failure = DeviceBench.failed(DeviceBench.end(reader));
    assertThat(failure.status()).isEqualTo(REFUSED);
    assertThat(status() & STOPPED).isZero();

    bench.root.respond(0, PageResponseCode.SUCCESS);
    assertThat(status() & STOPPED).isNotZero();
  }

  @Test
  void asksForNoPageOfAPasidOncePasidsAreOff() {
    bench.root.configWrite(bench.root.findExtended(PRI_ID) + 4, 0);
    bench.root.enablePageRequests(1);
    bench.root.onPageRequest(request -> PageRequestPolicy.NO_RESPONSE);
    CompletableFuture<@Nullable DmaException> first = bench.start(true, PASID, VA, new byte[8]);
    CompletableFuture<@Nullable DmaException> second =
        bench.start(true, PASID, VA + 0x1000, new byte[8]);
    assertThat(pageRequests()).hasSize(1);
    bench.root.configWrite(bench.root.findExtended(0x001B) + 4, 0);

    bench.root.respond(0, PageResponseCode.SUCCESS);

    assertThat(DeviceBench.failed(DeviceBench.end(first))).isNotNull();
    assertThat(DeviceBench.failed(DeviceBench.end(second))).isNotNull();
    assertThat(pageRequests()).hasSize(1);
  }
}
