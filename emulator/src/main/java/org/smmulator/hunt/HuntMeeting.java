package org.smmulator.hunt;

/** What a story is about, beyond that its actors act at once. */
enum HuntMeeting {
  MM_EXIT_IN_UNBIND("mm_exit is called during the unbind"),
  BOUND_IN_MUNMAP("a bind is complete during the munmap"),
  INVALIDATION_IN_BIND("a range is invalidated during the bind"),
  DROPPED_IN_USE("a page is dropped while a device works on it"),
  OPERATION_CUT_OFF("the detach cuts an operation off"),
  INVALIDATION_LOST("an invalidation is lost with the link"),
  FAULT_IN_FORK("a device's fault is handled during the fork"),
  ALL_AT_ONCE("all are under way at once");

  private final String text;

  HuntMeeting(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }
}
