package org.smmulator.api;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.ConfigException;
import org.smmulator.config.ConfigFile;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.Setting;
import org.smmulator.record.Detail;

/**
 * Which machine {@link Smmulator#start(MachineSetup)} starts, and how it runs. Immutable: each
 * method returns another one.
 *
 * <p>What is not said is as {@code smmulator run} has it, but for the bus: a machine of a library
 * listens on a free port of the loopback address, whatever its file says, so that any number of
 * them can run beside each other, unless {@link #with} sets {@code bus.listen}. It serves no HTTP.
 */
public final class MachineSetup {
  private static final Setting FREE_PORT =
      Setting.parse("MachineSetup", "bus.listen=['127.0.0.1:0']");

  private final @Nullable Path file;
  private final String yaml;
  private final List<Setting> settings;
  private final @Nullable Long seed;
  private final Detail events;

  private MachineSetup(
      @Nullable Path file,
      String yaml,
      List<Setting> settings,
      @Nullable Long seed,
      Detail events) {
    this.file = file;
    this.yaml = yaml;
    this.settings = List.copyOf(settings);
    this.seed = seed;
    this.events = events;
  }

  /** A machine file; it is read when the machine starts. */
  public static MachineSetup ofFile(Path file) {
    return new MachineSetup(file, "", List.of(), null, Detail.COMMANDS);
  }

  /** What would stand in a machine file; it can include no other. */
  public static MachineSetup ofYaml(String yaml) {
    return new MachineSetup(null, yaml, List.of(), null, Detail.COMMANDS);
  }

  /**
   * A value in place of the file's, as {@code --set KEY=VALUE} gives one; of two for the same key
   * the later one counts.
   *
   * @param setting such as {@code smmu.tlbEntries=64} or {@code devices[small-atc].atc=16x4}, the
   *     value as it would stand in the file
   * @throws IllegalArgumentException if it is not of that form; that there is such a key is seen
   *     when the machine starts
   */
  public MachineSetup with(String setting) {
    List<Setting> more = new ArrayList<>(settings);
    more.add(Setting.parse("MachineSetup.with", setting));
    return new MachineSetup(file, yaml, more, seed, events);
  }

  /**
   * The machine runs on virtual time, in an order that the seed decides: the same seed, and the
   * same calls, are the same run. Its devices live in this process, and it listens nowhere.
   */
  public MachineSetup simulated(long ofSeed) {
    return new MachineSetup(file, yaml, settings, ofSeed, events);
  }

  /**
   * How much {@link Smmulator#events()} has: {@link Detail#COMMANDS} if nothing is said. Less costs
   * less time.
   */
  public MachineSetup events(Detail detail) {
    return new MachineSetup(file, yaml, settings, seed, detail);
  }

  OptionalLong seed() {
    return seed == null ? OptionalLong.empty() : OptionalLong.of(seed);
  }

  Detail events() {
    return events;
  }

  MachineConfig config() throws ConfigException {
    List<Setting> all = new ArrayList<>(List.of(FREE_PORT));
    all.addAll(settings);
    MachineConfig config =
        file == null ? ConfigFile.parse("machine", yaml, all) : ConfigFile.load(file, all);
    return seed == null ? config : config.withSeed(seed);
  }
}
