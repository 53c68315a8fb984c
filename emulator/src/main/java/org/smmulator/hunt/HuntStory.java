package org.smmulator.hunt;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What two or three actors do at once while devices work for two processes. */
enum HuntStory {
  EXIT_BESIDE_UNBIND(List.of(HuntMeeting.MM_EXIT_IN_UNBIND), HuntActor.EXIT, HuntActor.UNBIND),
  MUNMAP_BESIDE_BIND(
      List.of(HuntMeeting.BOUND_IN_MUNMAP, HuntMeeting.INVALIDATION_IN_BIND),
      HuntActor.MUNMAP,
      HuntActor.BIND),
  DROP_BESIDE_USE(
      List.of(HuntMeeting.DROPPED_IN_USE, HuntMeeting.ALL_AT_ONCE),
      HuntActor.DROP,
      HuntActor.USE,
      HuntActor.USE_OTHER),
  DETACH_BESIDE_DMA(List.of(HuntMeeting.OPERATION_CUT_OFF), HuntActor.DETACH, HuntActor.DMA),
  REMOVAL_BESIDE_INVALIDATION(
      List.of(HuntMeeting.INVALIDATION_LOST), HuntActor.REMOVAL, HuntActor.MUNMAP),
  FORK_BESIDE_FAULT(List.of(HuntMeeting.FAULT_IN_FORK), HuntActor.FORK, HuntActor.FAULT),
  EXIT_BESIDE_UNBIND_AND_MUNMAP(
      List.of(HuntMeeting.ALL_AT_ONCE), HuntActor.EXIT, HuntActor.UNBIND, HuntActor.MUNMAP_OTHER),
  DETACH_BESIDE_EXIT_AND_FIRST_BIND(
      List.of(HuntMeeting.ALL_AT_ONCE), HuntActor.DETACH, HuntActor.EXIT, HuntActor.FIRST_BIND),
  REMOVAL_BESIDE_FORK_AND_FAULT(
      List.of(HuntMeeting.ALL_AT_ONCE), HuntActor.REMOVAL, HuntActor.FORK, HuntActor.FAULT);

  @SuppressWarnings("ImmutableEnumChecker") // unmodifiable
  private final List<HuntMeeting> probes;

  @SuppressWarnings("ImmutableEnumChecker") // unmodifiable
  private final List<HuntActor> actors;

  HuntStory(List<HuntMeeting> probes, HuntActor... actors) {
    this.probes = List.copyOf(probes);
    this.actors = List.of(actors);
  }

  String title() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  List<HuntActor> actors() {
    return actors;
  }

  boolean isAbout(HuntMeeting probe) {
    return probes.contains(probe);
  }

  /** Each actor begins while another one is under way, and what the story is about. */
  List<String> meetings() {
    List<String> meetings = new ArrayList<>();
    for (HuntActor one : actors) {
      for (HuntActor other : actors) {
        if (one != other) {
          meetings.add(one.duringThat(other));
        }
      }
    }
    probes.forEach(probe -> meetings.add(probe.toString()));
    return meetings;
  }
}
