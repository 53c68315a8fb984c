package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.PageRequest;
import org.smmulator.guest.iommu.PageResponse;
import org.smmulator.guest.iommu.ResponseCode;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.sched.Task;
import org.smmulator.record.Detail;
import org.smmulator.record.EventKind;
import org.smmulator.record.EventReader;
import org.smmulator.record.RecordedEvent;
import org.smmulator.record.Recorder;

class FaultTest {
  private static final long NOWHERE = 0x7000_0000L;

  private static PageRequest write(IommuDevice dev, int pasid, long va, int group, boolean last) {
    return new PageRequest(dev, pasid, va, group, last, true, true, false, false);
  }

  @Test
  void aGroupIsAnsweredOnceWhenItsLastRequestIsHandled() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          scene.iommu.request(write(dev, pasid, Scene.pageOf(1), 7, false));
          scene.iommu.request(write(dev, pasid, Scene.pageOf(2), 7, false));
          scene.settle();
          assertThat(scene.iommu.responses).isEmpty();
          scene.iommu.request(write(dev, pasid, Scene.pageOf(3), 7, true));
          scene.settle();
          assertThat(scene.iommu.responses)
              .containsExactly(new PageResponse(pasid, 7, ResponseCode.SUCCESS));
          for (int page = 1; page <= 3; page++) {
            assertThat(scene.iommu.access(dev, pasid, Scene.pageOf(page))).isTrue();
          }
          assertThat(scene.sva.statistics().of(SvaCounter.PAGE_FAULTS_HANDLED)).isEqualTo(3);
          assertThat(scene.sva.statistics().of(SvaCounter.GROUPS_ANSWERED)).isEqualTo(1);
        });
  }

  /** In the story: the pages are made present because of their own requests. */
  @Test
  void aFaultOfAGroupFollowsFromItsOwnRequestAndTheAnswerFromTheLast() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          int pasid = scene.sva.bind(dev, scene.process("p"), null);
          List<String> told = new ArrayList<>();
          scene.listen(faultsAndAnswers(told));
          long[] requests = new long[3];
          for (int i = 0; i < 3; i++) {
            requests[i] = scene.sched.record(EventKind.PAGE_REQUEST_TAKEN, 0, pasid, i, 7);
            scene.sched.causedBy(requests[i]);
            scene.iommu.request(write(dev, pasid, Scene.pageOf(i), 7, i == 2));
          }
          scene.sched.causedBy(Recorder.NO_CAUSE);
          scene.settle();
          scene.events();
          assertThat(told)
              .containsExactly(
                  "fault because of " + requests[0],
                  "fault because of " + requests[1],
                  "fault because of " + requests[2],
                  "answer because of " + requests[2]);
        });
  }

  private static EventReader faultsAndAnswers(List<String> told) {
    return new EventReader() {
      @Override
      public Detail detail() {
        return Detail.COMMANDS;
      }

      @Override
      public void event(RecordedEvent event) {
        boolean call = event.kind() == EventKind.DRIVER_BEGINS;
        if (event.kind() == EventKind.PAGE_FAULT_BEGINS) {
          told.add("fault because of " + event.cause());
        } else if (call && event.name(0).equals("pageResponse")) {
          told.add("answer because of " + event.cause());
        }
      }
    };
  }

  @Test
  void anErrorDecidesTheGroupAndTheRestIsNotHandled() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          scene.iommu.request(write(dev, pasid, NOWHERE, 7, false));
          scene.iommu.request(write(dev, pasid, Scene.pageOf(1), 7, true));
          scene.settle();
          assertThat(scene.iommu.responses)
              .containsExactly(new PageResponse(pasid, 7, ResponseCode.INVALID));
          assertThat(scene.iommu.access(dev, pasid, Scene.pageOf(1))).isFalse();
          assertThat(scene.sva.statistics().of(SvaCounter.PAGE_FAULTS_REFUSED)).isEqualTo(2);
        });
  }

  @Test
  void anAccessThatTheMappingForbidsIsInvalid() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          scene.iommu.request(
              new PageRequest(dev, pasid, Scene.pageOf(0), 1, true, true, false, true, false));
          scene.settle();
          assertThat(scene.iommu.responses)
              .containsExactly(new PageResponse(pasid, 1, ResponseCode.INVALID));
        });
  }

  @Test
  void requestsThatNobodyBoundAreRefusedAtOnce() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          IommuDevice resident = scene.iommu.plug(2, Scene.FULL, null);
          scene.sva.deviceInit(resident, new SvaOptions(false, 0, 0), null);
          IommuDevice stranger = scene.iommu.plug(3, Scene.FULL, null);
          scene.iommu.request(write(dev, 9, Scene.pageOf(0), 1, false));
          scene.iommu.request(write(dev, 9, Scene.pageOf(0), 1, true));
          scene.iommu.request(write(dev, -1, Scene.pageOf(0), 2, true));
          scene.iommu.request(write(resident, 1, Scene.pageOf(0), 3, true));
          scene.iommu.request(write(stranger, 1, Scene.pageOf(0), 4, true));
          scene.settle();
          assertThat(scene.iommu.responses)
              .containsExactly(
                  new PageResponse(9, 1, ResponseCode.INVALID),
                  new PageResponse(-1, 2, ResponseCode.INVALID),
                  new PageResponse(1, 3, ResponseCode.FAILURE),
                  new PageResponse(1, 4, ResponseCode.FAILURE));
        });
  }

  @Test
  void anOverflowVoidsRequestsWhoseGroupIsNotComplete() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          scene.iommu.request(write(dev, pasid, NOWHERE, 7, false));
          scene.iommu.overflow();
          scene.iommu.request(write(dev, pasid, Scene.pageOf(1), 7, true));
          scene.settle();
          assertThat(scene.iommu.responses)
              .containsExactly(new PageResponse(pasid, 7, ResponseCode.SUCCESS));
        });
  }

  @Test
  void incompleteGroupsOfADeviceAreBoundedAndGoWithTheirBond() {
    Scene.inOrder(
        0,
        PasidPolicy.LOWEST,
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          for (int i = 0; i < 3_000; i++) {
            scene.iommu.request(write(dev, pasid, NOWHERE, i % 512, false));
          }
          // Dropped, since 1,024 requests of other groups are waiting: only the last one counts.
          scene.iommu.request(write(dev, pasid, NOWHERE, 600, false));
          scene.iommu.request(write(dev, pasid, Scene.pageOf(1), 600, true));
          scene.settle();
          assertThat(scene.iommu.responses)
              .containsExactly(new PageResponse(pasid, 600, ResponseCode.SUCCESS));
          scene.sva.unbind(dev, pasid);
          AddressSpace next = scene.process("next");
          // The allocator checks that no request names the PASID any more.
          assertThat(scene.sva.bind(dev, next, null)).isEqualTo(pasid);
          scene.iommu.request(write(dev, pasid, Scene.pageOf(1), 3, true));
          scene.settle();
          assertThat(scene.iommu.responses)
              .contains(new PageResponse(pasid, 3, ResponseCode.SUCCESS));
        });
  }

  @Test
  void requestsBeforeAnUnbindAreAnsweredBeforeItReturns() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          scene.iommu.request(write(dev, pasid, Scene.pageOf(1), 1, true));
          scene.sva.unbind(dev, pasid);
          assertThat(scene.iommu.responses)
              .containsExactly(new PageResponse(pasid, 1, ResponseCode.SUCCESS));
          assertThat(scene.log()).containsSubsequence("response dev1 SUCCESS", "detach dev1 CLEAR");
        });
  }

  @Test
  void requestsOfADyingProcessAreAllAnsweredBeforeItsPasidIsFree() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev =
              scene.device(
                  1,
                  (d, pasid, drvdata) -> {
                    scene.iommu.request(write(d, pasid, Scene.pageOf(2), 2, false));
                    scene.iommu.request(write(d, pasid, Scene.pageOf(2), 3, true));
                    return 0;
                  });
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          scene.iommu.request(write(dev, pasid, Scene.pageOf(1), 1, true));
          mm.putUser();
          scene.settle(); // A fault that is being handled may be the last user.
          assertThat(scene.iommu.responses).hasSize(2);
          assertThat(scene.iommu.responses.get(1))
              .isEqualTo(new PageResponse(pasid, 3, ResponseCode.INVALID));
          assertThat(scene.log())
              .containsSubsequence("response dev1 INVALID", "clearQuiet " + pasid);
          scene.quiesce(mm);
          scene.assertNothingLeft(0);
        });
  }

  @Test
  void requestsOfAnExitingProcessAreAllAnsweredAndItEnds() {
    Scene.inManyOrders(
        scene -> {
          AtomicInteger told = new AtomicInteger();
          IommuDevice dev = scene.device(1, (d, pasid, drvdata) -> told.getAndIncrement());
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          for (int group = 0; group < 4; group++) {
            scene.iommu.request(write(dev, pasid, Scene.pageOf(group), group, true));
          }
          Task exit = scene.spawn("exit", mm::putUser);
          exit.join();
          scene.settle();
          scene.quiesce(mm);
          assertThat(told).hasValue(1);
          assertThat(scene.iommu.responses).extracting(PageResponse::group).hasSize(4);
          scene.assertNothingLeft(0);
        });
  }

  @Test
  void aShutdownAnswersWhatIsOutstanding() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          Task device =
              scene.spawn(
                  "device",
                  () -> {
                    for (int group = 0; group < 6; group++) {
                      scene.iommu.request(write(dev, pasid, Scene.pageOf(1), group, true));
                    }
                  });
          scene.sva.deviceShutdown(dev);
          device.join();
          scene.settle();
          assertThat(scene.iommu.responses)
              .extracting(PageResponse::group)
              .containsExactlyInAnyOrderElementsOf(List.of(0, 1, 2, 3, 4, 5));
        });
  }
}
