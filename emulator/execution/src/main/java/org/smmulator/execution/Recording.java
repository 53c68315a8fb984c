package org.smmulator.execution;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.smmulator.execution.Schedule.Deviation;

/**
 * What was chosen in a run: enough to repeat it without the order that chose, and to tell which
 * other choices there were. Only points with a choice count.
 */
public final class Recording {
  private static final int NOT_YET = -1;

  private byte[] choices = new byte[64];
  private int decisions;
  private final List<Deviation> deviations = new ArrayList<>();
  private final List<String> switches = new ArrayList<>();
  private int raceBegan = NOT_YET;
  private int raceEnded = NOT_YET;
  private long pointsBefore;
  private long pointsAfter = NOT_YET;

  Recording() {}

  /** A choice is made among those who may run. */
  void decided(SchedulingPoint point, int place, String from, String to) {
    if (decisions == choices.length) {
      choices = Arrays.copyOf(choices, 2 * decisions);
    }
    choices[decisions] = (byte) Math.min(point.size(), Byte.MAX_VALUE);
    int delays = point.delays(place);
    if (delays > 0) {
      deviations.add(new Deviation(decisions, delays));
      switches.add(from.equals(to) ? to + " goes on" : from + " -> " + to);
    }
    decisions++;
  }

  void raceBegins(long points) {
    raceBegan = decisions;
    pointsBefore = points;
  }

  void raceEnds(long points) {
    raceEnded = decisions;
    pointsAfter = points;
  }

  void ends(long points) {
    if (pointsAfter == NOT_YET) {
      pointsAfter = points;
    }
  }

  /** How many points had a choice. */
  public int decisions() {
    return decisions;
  }

  /** How many tasks one of them could choose from, from 2 on; beyond 127 the number is lost. */
  public int choices(int decision) {
    return choices[decision];
  }

  /** Whether both runs had the same choices up to there. */
  public boolean agreesWith(Recording other, int end) {
    return Arrays.equals(choices, 0, end, other.choices, 0, end);
  }

  /** Whether the program said when its race begins. */
  public boolean hasRace() {
    return raceBegan != NOT_YET;
  }

  /** The first point with a choice in the race; of all, if the program did not say. */
  public int firstOfRace() {
    return Math.max(raceBegan, 0);
  }

  /** The first one after the race. */
  public int endOfRace() {
    return raceEnded == NOT_YET ? decisions : raceEnded;
  }

  /** All scheduling points of the race, also those without a choice. */
  public long pointsOfRace() {
    return pointsAfter - pointsBefore;
  }

  public Schedule schedule() {
    return new Schedule(deviations);
  }

  /** The deviations with the tasks at them, one a line. */
  public String story() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < deviations.size(); i++) {
      text.append("\n  ").append(deviations.get(i)).append(' ').append(switches.get(i));
    }
    return text.toString();
  }
}
