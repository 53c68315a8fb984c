package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import org.junit.jupiter.api.Test;
import org.smmulator.pcie.ledger.RevocationScope;

/** What no command queue can do quickly: more requests than may wait. */
class InvalidationsTest {
  private static final RevocationScope PAGE = new RevocationScope(1, false, 0x1000, 0x1fff);

  private static final int ITAGS = 32;

  private final ManualLoop loop = new ManualLoop();
  private final ArrayDeque<Integer> onTheWire = new ArrayDeque<>();
  private long completed;
  private long failed;
  private long abandoned;
  private long late;
  private long failedWhenOthersGotTheirTurn;
  private boolean everything;

  private final Invalidations.Sink sink =
      new Invalidations.Sink() {
        @Override
        public void send(int itag, Invalidations.Request request) {
          onTheWire.add(itag);
          everything |= request.scope().equals(RevocationScope.EVERYTHING);
        }

        @Override
        public void completed(
            int itag, Invalidations.Request request, long issuedUpTo, long nanos) {
          completed += request.count();
        }

        @Override
        public void completedLate(int itag, Invalidations.Request request, long issuedUpTo) {
          late += request.count();
        }

        @Override
        public void timedOut(Invalidations.Request request) {
          failed += request.count();
        }

        @Override
        public void failed(Invalidations.Request request, boolean linkLost) {
          if (failed < ITAGS + 1) {
            ManualLoop.Alarm unused = loop.schedule(() -> failedWhenOthersGotTheirTurn = failed, 0);
          }
          failed += request.count();
        }

        @Override
        public void abandoned(Invalidations.Request request) {
          abandoned += request.count();
        }

        @Override
        public long mark() {
          return 0;
        }
      };

  private final Invalidations invalidations = new Invalidations(loop, 1000, 32, sink);

  private int submitTooMany() {
    int requests = Invalidations.MAX_WAITING + 1000;
    for (int i = 0; i < requests; i++) {
      invalidations.submit(
          new Invalidations.Request(PAGE, 12, 0, 1, 0, NamedAddresses.Ranges.EVERYTHING));
    }
    return requests;
  }

  @Test
  void mergesWhatIsTooMuchToWaitIntoOneRequestForEverything() {
    int requests = submitTooMany();
    int sent = 0;
    for (Integer itag = onTheWire.poll(); itag != null; itag = onTheWire.poll()) {
      sent++;
      assertThat(invalidations.completion(itag, 1)).isEqualTo(Invalidations.Acknowledged.KNOWN);
    }
    assertThat(completed).isEqualTo(requests);
    assertThat(sent).isEqualTo(32 + Invalidations.MAX_WAITING + 1);
    assertThat(everything).isTrue();
  }

  /** Each may be a search through all grants, and the device that causes it chooses how many. */
  @Test
  void failsThemInSlicesAfterATimeOut() {
    int requests = submitTooMany();
    loop.advance(999);
    assertThat(failed).isZero();
    loop.advance(1);
    assertThat(failed).isEqualTo(requests);
    assertThat(failedWhenOthersGotTheirTurn).isBetween(1L, 100L);
    invalidations.submit(
        new Invalidations.Request(PAGE, 12, 0, 1, 0, NamedAddresses.Ranges.EVERYTHING));
    assertThat(failed).as("at once").isEqualTo(requests + 1);
  }

  @Test
  void failsEveryOneOfThemOnceWhenTheLinkIsLost() {
    int requests = submitTooMany();
    invalidations.linkLost();
    assertThat(failed).isEqualTo(requests);
  }

  @Test
  void atPowerOnNothingIsWaitedForAndCompletionsAreLate() {
    int requests = submitTooMany();
    int sent = onTheWire.size();
    invalidations.abandon();
    assertThat(abandoned).isEqualTo(requests);
    assertThat(onTheWire).hasSize(sent);
    assertThat(invalidations.completion(onTheWire.getFirst(), 1))
        .isEqualTo(Invalidations.Acknowledged.LATE);
    assertThat(late).isEqualTo(1);
    assertThat(completed + failed).isZero();
    invalidations.submit(
        new Invalidations.Request(PAGE, 12, 0, 1, 0, NamedAddresses.Ranges.EVERYTHING));
    assertThat(onTheWire).hasSize(sent + 1);
  }

  private void submit(Invalidations to, int requests) {
    for (int i = 0; i < requests; i++) {
      to.submit(new Invalidations.Request(PAGE, 12, 0, 1, 0, NamedAddresses.Ranges.EVERYTHING));
    }
  }

  @Test
  void sendsNothingDuringAResetAndNothingIsLeftToSendAfterIt() {
    submit(invalidations, 1);
    onTheWire.clear();
    invalidations.resetBegins();
    submit(invalidations, 2);
    assertThat(onTheWire).isEmpty();
    invalidations.resetEnds();
    assertThat(abandoned).isEqualTo(3);
    assertThat(onTheWire).isEmpty();
  }

  @Test
  void aPlaceInTheFunctionsQueueIsTakenUntilItAnswersOrIsReset() {
    Invalidations shallow = new Invalidations(loop, 1000, 1, sink);
    submit(shallow, 1);
    int first = onTheWire.remove();
    shallow.abandon();
    submit(shallow, 1);
    assertThat(onTheWire).as("the function still has the first one").isEmpty();
    assertThat(shallow.completion(first, 1)).isEqualTo(Invalidations.Acknowledged.LATE);
    assertThat(onTheWire).hasSize(1).doesNotContain(first);
    int second = onTheWire.remove();
    shallow.resetEnds();
    submit(shallow, 1);
    assertThat(onTheWire).hasSize(1).doesNotContain(second);
  }

  @Test
  void aRequestWaitsForATagWhenAllAreOwedAndTimesOutLikeAnyOther() {
    submit(invalidations, 32);
    onTheWire.clear();
    invalidations.resetEnds();
    submit(invalidations, 1);
    loop.advance(999);
    assertThat(onTheWire).isEmpty();
    assertThat(invalidations.completion(7, 1)).isEqualTo(Invalidations.Acknowledged.LATE);
    assertThat(onTheWire).containsExactly(7);
    submit(invalidations, 1);
    invalidations.resetEnds();
    submit(invalidations, 1);
    loop.advance(999);
    assertThat(failed).isZero();
    loop.advance(1);
    assertThat(failed).isEqualTo(1);
    assertThat(onTheWire).containsExactly(7);
  }

  @Test
  void freesATagOnlyWithTheLastOfItsLateCompletions() {
    submit(invalidations, 1);
    int tag = onTheWire.remove();
    invalidations.completion(tag, 2);
    invalidations.abandon();
    assertThat(invalidations.completion(tag, 2)).isEqualTo(Invalidations.Acknowledged.LATE);
    assertThat(invalidations.completion(tag, 2)).isEqualTo(Invalidations.Acknowledged.UNKNOWN_TAG);
  }
}
