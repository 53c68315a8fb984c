package org.smmulator.hunt;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.smmulator.config.ConfigException;
import org.smmulator.config.ConfigFile;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.SimulationConfig;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.explore.Meetings;
import org.smmulator.execution.explore.Story;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.launch.Hunt;
import org.smmulator.launch.UserException;
import org.smmulator.machine.Machine;

/** The stories of {@link HuntStory}, each run in a machine of its own. */
public final class MachineHunt implements Hunt {
  private final MachineConfig config;

  /** For the service loader. */
  public MachineHunt() {
    this(HuntWorld.MACHINE);
  }

  /**
   * @param yaml a machine such as {@link HuntWorld#MACHINE}
   */
  MachineHunt(String yaml) {
    try {
      config = ConfigFile.parse("the machine of the hunt", yaml);
    } catch (ConfigException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public List<Story> stories() {
    return Stream.of(HuntStory.values()).map(this::story).toList();
  }

  private Story story(HuntStory story) {
    return new Story(
        story.title(),
        story.meetings(),
        (execution, meetings) -> tell(story, execution, meetings),
        "smmulator hunt " + story.title());
  }

  /** On the first task. */
  private void tell(HuntStory story, DeterministicExecution execution, Meetings meetings)
      throws UserException, IommuException {
    MachineConfig drawn = config.withSimulation(times(execution.seed()));
    try (Machine machine = Machine.start(drawn, execution)) {
      HuntWorld world = new HuntWorld(machine, story, meetings);
      execution.raceBegins();
      world.together();
      execution.raceEnds();
      world.end();
      world.judge();
    }
  }

  /** Of each kind from nothing to some microseconds; seed 0 is the machine as its file says. */
  private SimulationConfig times(long seed) {
    if (seed == 0) {
      return config.simulation();
    }
    SplittableRandom random = new SplittableRandom(seed);
    return new SimulationConfig(
        upTo(random, 12), upTo(random, 10), upTo(random, 10), upTo(random, 12), true);
  }

  /** Each magnitude is as likely as any other. */
  private static int upTo(SplittableRandom random, int log2) {
    return random.nextInt(1 << random.nextInt(log2 + 1));
  }
}
