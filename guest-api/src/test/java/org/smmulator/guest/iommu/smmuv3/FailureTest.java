package org.smmulator.guest.iommu.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.guest.iommu.BoundDevice;
import org.smmulator.guest.iommu.DetachMode;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.iommu.PageRequest;
import org.smmulator.guest.iommu.PageRequestHandler;
import org.smmulator.guest.mm.AddressSpace;

/** What the driver leaves when a device, the SMMU or somebody that it calls fails in the middle. */
class FailureTest {
  private static final int PASID = 5;

  /** A driver with one device that was attached and detached once: its stream has a table. */
  private record Prepared(SmmuV3Driver driver, JournalledAts ats, IommuDevice device, long frames) {
    static Prepared on(DriverBench bench) throws IommuException {
      SmmuV3Driver driver = bench.probe();
      JournalledAts ats = bench.ats();
      IommuDevice device = bench.device(DriverBench.STREAM, ats);
      driver.attachDefaultDomain(device);
      driver.detachDevice(device);
      return new Prepared(driver, ats, device, bench.frames.freeFrames());
    }

    void assertNothingLeft(DriverBench bench) {
      assertThat(device.domain()).isNull();
      assertThat(bench.frames.freeFrames()).isEqualTo(frames);
      assertThat(bench.asids).hasSize(1);
      assertThat(bench.smmu.tables.steWord(DriverBench.STREAM, 0)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void anAttachWhoseDeviceFailsIsUndone(int accesses) {
    DriverBench.run(
        bench -> {
          Prepared prepared = Prepared.on(bench);
          prepared.ats.accessesLeft = accesses;
          assertThatThrownBy(() -> prepared.driver.attachDefaultDomain(prepared.device))
              .isInstanceOf(AssertionError.class);
          prepared.assertNothingLeft(bench);
          bench.takeJournal();
          prepared.driver.attachDefaultDomain(prepared.device);
          assertThat(bench.takeJournal())
              .as("all of its page requests")
              .contains("device: PRI on, 4");
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void aDetachGoesOnWhenTheDeviceFails(int accesses) {
    DriverBench.run(
        bench -> {
          Prepared prepared = Prepared.on(bench);
          prepared.driver.attachDefaultDomain(prepared.device);
          prepared.ats.accessesLeft = accesses;
          prepared.driver.detachDevice(prepared.device);
          assertThat(prepared.ats.accessesLeft).as("one access failed").isNegative();
          prepared.assertNothingLeft(bench);
          prepared.driver.attachDefaultDomain(prepared.device);
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
  void anAttachWhoseSmmuStopsLeavesWhatALaterDetachTakesBack(int commands) {
    DriverBench.run(
        bench -> {
          Prepared prepared = Prepared.on(bench);
          bench.smmu.consumeOnly(commands);
          assertThatThrownBy(() -> prepared.driver.attachDefaultDomain(prepared.device))
              .hasMessageContaining("has not consumed command");
          bench.smmu.consumeOnly(Integer.MAX_VALUE);
          prepared.driver.detachDevice(prepared.device);
          prepared.assertNothingLeft(bench);
          prepared.driver.attachDefaultDomain(prepared.device);
        });
  }

  @Test
  void aBlockedDomainLetsNothingThroughUntilItsDeviceIsAttachedAnew() {
    DriverBench.run(
        bench -> {
          Prepared prepared = Prepared.on(bench);
          SmmuV3Driver driver = prepared.driver;
          IommuDomain domain = driver.attachDefaultDomain(prepared.device);
          AddressSpace mm = bench.spaces.create("process");
          MmContext context = driver.mmAlloc(domain, mm);
          driver.mmAttach(domain, prepared.device, PASID, context, true);
          assertThat(bench.smmu.acceptsTranslated(DriverBench.STREAM)).isTrue();
          bench.takeJournal();
          driver.block(domain);
          assertThat(bench.smmu.tables.steWord(DriverBench.STREAM, 0))
              .as("STE.Config aborts")
              .isEqualTo(1);
          assertThat(bench.smmu.acceptsTranslated(DriverBench.STREAM)).isFalse();
          assertThat(bench.takeJournal()).contains("CFGI_STE sid=208 leaf", "SYNC");
          driver.mmInvalidate(
              List.of(new BoundDevice(domain, prepared.device)), PASID, context, 0, 0);
          driver.mmDetach(domain, prepared.device, PASID, context, DetachMode.CLEAR);
          assertThat(bench.takeJournal()).noneMatch(line -> line.startsWith("ATC_INV"));
          driver.mmFree(context);
          mm.putUser();
          driver.detachDevice(prepared.device);
          assertThat(bench.takeJournal()).contains("device: ATS off", "device: PRI off");
          prepared.assertNothingLeft(bench);
          driver.attachDefaultDomain(prepared.device);
          assertThat(bench.smmu.acceptsTranslated(DriverBench.STREAM)).isTrue();
          bench.takeJournal();
          driver.block(domain); // Gone: this is not the device's domain any more.
          assertThat(bench.takeJournal()).isEmpty();
          assertThat(bench.smmu.acceptsTranslated(DriverBench.STREAM)).isTrue();
        });
  }

  @Test
  void detachingAPasidThatWasNeverAttachedAllocatesNothing() {
    DriverBench.run(
        bench -> {
          Prepared prepared = Prepared.on(bench);
          IommuDomain domain = prepared.driver.attachDefaultDomain(prepared.device);
          MmContext context = prepared.driver.mmAlloc(domain, bench.spaces.create("process"));
          while (bench.frames.freeFrames() > 1) {
            bench.frames.allocate();
          }
          int inALeafThatIsNotThere = 5_000;
          assertThatThrownBy(
                  () ->
                      prepared.driver.mmAttach(
                          domain, prepared.device, inALeafThatIsNotThere, context, true))
              .isInstanceOf(IommuException.class);
          prepared.driver.mmDetach(
              domain, prepared.device, inALeafThatIsNotThere, context, DetachMode.CLEAR);
          prepared.driver.clearQuiet(domain, inALeafThatIsNotThere);
        });
  }

  private record TakesFromGroup2(List<Integer> taken) implements PageRequestHandler {
    @Override
    public void pageRequest(PageRequest request) {
      if (request.group() < 2) {
        throw new AssertionError("group " + request.group());
      }
      taken.add(request.group());
    }

    @Override
    public void discardPartials() {
      throw new AssertionError("discard");
    }
  }

  @Test
  void aTakerOfPageRequestsThatThrowsCostsOnlyTheGroup() {
    DriverBench.run(
        bench -> {
          Prepared prepared = Prepared.on(bench);
          prepared.driver.attachDefaultDomain(prepared.device);
          List<Integer> taken = new ArrayList<>();
          prepared.driver.setPageRequestHandler(new TakesFromGroup2(taken));
          bench.takeJournal();
          for (int group = 0; group < 3; group++) {
            long last = group == 0 ? 0 : 1L << 62;
            bench.smmu.pageRequest(last | 1L << 60 | DriverBench.STREAM, 0x3000L | group);
          }
          prepared.driver.flushPageRequests(prepared.device);
          assertThat(taken).containsExactly(2);
          bench.sched.sleep(1);
          assertThat(bench.takeJournal())
              .filteredOn(line -> line.startsWith("PRI_RESP"))
              .hasSize(1);
          assertThat(prepared.driver.hasPageRequestsFor(prepared.device, -1)).isFalse();
          long overflowing = 1L << 60 | DriverBench.STREAM;
          while (bench.smmu.pageRequest(overflowing, 0x3000L | 7)) {
            // fills the queue
          }
          prepared.driver.flushPageRequests(prepared.device);
          bench.smmu.pageRequest(overflowing, 0x3000L | 9);
          prepared.driver.flushPageRequests(prepared.device);
          assertThat(taken).contains(9);
        });
  }

  @Test
  void aListenerForEventsThatThrowsHearsTheNextOne() {
    DriverBench.run(
        bench -> {
          Prepared prepared = Prepared.on(bench);
          int[] heard = {0};
          prepared.driver.setEventListener(
              event -> {
                heard[0]++;
                throw new AssertionError(Objects.toString(event));
              });
          for (int i = 0; i < 3; i++) {
            bench.smmu.event(0x0000_0208_0000_000aL, 0, 0, 0);
            bench.sched.sleep(1);
          }
          assertThat(heard[0]).isEqualTo(3);
        });
  }
}
