package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.sched.Task;

class BindTest {
  @Test
  void everyBindReportsThePasidAndTheLastUnbindDetaches() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          assertThat(pasid).isPositive();
          assertThat(scene.sva.bind(dev, mm, null)).isEqualTo(pasid);
          assertThat(scene.iommu.access(dev, pasid, Scene.pageOf(0))).isTrue();
          scene.sva.unbind(dev, pasid);
          assertThat(scene.iommu.hasLiveCd(dev, pasid)).isTrue();
          scene.sva.unbind(dev, pasid);
          assertThat(scene.iommu.hasCd(dev, pasid)).isFalse();
          assertThat(scene.iommu.access(dev, pasid, Scene.pageOf(0))).isFalse();
          Scene.assertRefused(Errno.ESRCH, () -> scene.sva.unbind(dev, pasid));
          mm.putUser();
          scene.quiesce(mm);
          assertThat(scene.sva.statistics().of(SvaCounter.BINDS)).isEqualTo(2);
          assertThat(scene.sva.statistics().of(SvaCounter.UNBINDS)).isEqualTo(2);
          scene.assertNothingLeft(0);
        });
  }

  @Test
  void theCdOfADomainComesWithItsFirstDeviceAndGoesWithItsLast() {
    Scene.inManyOrders(
        scene -> {
          AddressSpace mm = scene.process("p");
          IommuDevice a = scene.device(1);
          IommuDevice b = scene.device(scene.iommu.plug(2, Scene.FULL, a), null);
          int pasid = scene.sva.bind(a, mm, null);
          scene.sva.bind(b, mm, null);
          Task other = scene.spawn("other", () -> scene.sva.unbind(b, pasid));
          scene.sva.unbind(a, pasid);
          other.join();
          assertThat(scene.iommu.hasCd(a, pasid)).isFalse();
          // Either order; the fake IOMMU checks that each step fits the state of the CD.
          assertThat(scene.log()).contains("attach dev1 true", "attach dev2 false");
          assertThat(scene.log().stream().filter(line -> line.endsWith("KEEP_CD"))).hasSize(1);
          assertThat(scene.log().stream().filter(line -> line.endsWith("CLEAR"))).hasSize(1);
        });
  }

  @Test
  void initRefusesWhatCannotWork() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice plain = scene.iommu.plug(1, new FakeAts(16, false), null);
          Scene.assertRefused(Errno.EINVAL, () -> scene.sva.deviceInit(plain, Scene.ANY, null));
          SvaOptions resident = new SvaOptions(false, 0, 0);
          scene.sva.deviceInit(plain, resident, null);
          Scene.assertRefused(Errno.EEXIST, () -> scene.sva.deviceInit(plain, resident, null));
          IommuDevice noPasids = scene.iommu.plug(2, new FakeAts(0, true), null);
          Scene.assertRefused(Errno.EINVAL, () -> scene.sva.deviceInit(noPasids, resident, null));
          IommuDevice dev = scene.iommu.plug(3, new FakeAts(4, true), null);
          for (SvaOptions bad :
              List.of(
                  new SvaOptions(false, 16, 0),
                  new SvaOptions(false, -1, 0),
                  new SvaOptions(false, 0, -1),
                  new SvaOptions(false, 5, 4))) {
            Scene.assertRefused(Errno.EINVAL, () -> scene.sva.deviceInit(dev, bad, null));
          }
          scene.iommu.detachDevice(dev);
          Scene.assertRefused(Errno.ENODEV, () -> scene.sva.deviceInit(dev, resident, null));
        });
  }

  @Test
  void bindRefusesADeviceThatTakesNoPartAndAProcessThatIsGone() {
    Scene.inManyOrders(
        scene -> {
          AddressSpace mm = scene.process("p");
          IommuDevice stranger = scene.iommu.plug(1, Scene.FULL, null);
          Scene.assertRefused(Errno.EINVAL, () -> scene.sva.bind(stranger, mm, null));
          Scene.assertRefused(Errno.EINVAL, () -> scene.sva.unbind(stranger, 1));
          IommuDevice dev = scene.device(2);
          mm.grab();
          mm.putUser();
          Scene.assertRefused(Errno.ESRCH, () -> scene.sva.bind(dev, mm, null));
          mm.drop();
          scene.assertNothingLeft(0);
        });
  }

  @Test
  void pasidsRunFromOneToTheInclusiveMaximumAndThenAreExhausted() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.iommu.plug(1, Scene.FULL, null);
          scene.sva.deviceInit(dev, new SvaOptions(true, 0, 3), null);
          List<Integer> pasids = new ArrayList<>();
          List<AddressSpace> processes = new ArrayList<>();
          for (int i = 0; i < 3; i++) {
            processes.add(scene.process("p" + i));
            pasids.add(scene.sva.bind(dev, processes.get(i), null));
          }
          assertThat(pasids).containsExactlyInAnyOrder(1, 2, 3);
          AddressSpace late = scene.process("late");
          Scene.assertRefused(Errno.ENOSPC, () -> scene.sva.bind(dev, late, null));
          assertThat(scene.iommu.contexts).hasSize(3);
          scene.sva.unbind(dev, 2);
          assertThat(scene.sva.bind(dev, late, null)).isEqualTo(2);
        });
  }

  @Test
  void aDeviceWhoseRangeMissesTheExistingPasidIsRefusedAndNothingElseChanges() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice wide = scene.iommu.plug(1, Scene.FULL, null);
          scene.sva.deviceInit(wide, new SvaOptions(true, 100, 0), null);
          IommuDevice narrow = scene.device(scene.iommu.plug(2, new FakeAts(4, true), null), null);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(wide, mm, null);
          assertThat(pasid).isEqualTo(100);
          Scene.assertRefused(Errno.ERANGE, () -> scene.sva.bind(narrow, mm, null));
          assertThat(scene.iommu.access(wide, pasid, Scene.pageOf(0))).isTrue();
          scene.sva.unbind(wide, pasid);
          scene.quiesce(mm);
          mm.putUser();
          scene.assertNothingLeft(0);
        });
  }

  @Test
  void aBindThatTheDriverRefusesLeavesNothing() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          scene.iommu.failAlloc = Errno.ESRCH;
          Scene.assertRefused(Errno.ESRCH, () -> scene.sva.bind(dev, mm, null));
          scene.iommu.failAlloc = null;
          scene.iommu.failAttach = Errno.ENOMEM;
          Scene.assertRefused(Errno.ENOMEM, () -> scene.sva.bind(dev, mm, null));
          scene.iommu.failAttach = null;
          scene.quiesce(mm);
          assertThat(scene.sva.statistics().of(SvaCounter.IO_MMS)).isZero();
          scene.bindAndEnd(dev, mm);
        });
  }

  @Test
  void aChildIsNotBound() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace parent = scene.process("parent");
          int pasid = scene.sva.bind(dev, parent, null);
          AddressSpace child = parent.fork("child");
          assertThat(scene.sva.bind(dev, child, null)).isNotEqualTo(pasid);
          child.putUser();
          assertThat(scene.iommu.access(dev, pasid, Scene.pageOf(0))).isTrue();
          scene.end(parent);
        });
  }
}
