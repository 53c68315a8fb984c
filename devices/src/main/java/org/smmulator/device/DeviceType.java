package org.smmulator.device;

import java.util.List;

/**
 * A type of devices, such as {@code dma}: what machine files say behind {@code model:}, and {@code
 * smmulator attach} takes. It makes a {@link DeviceModel} for each device.
 *
 * <p>A jar adds types by listing its classes, each with a public constructor without parameters, in
 * {@code META-INF/services/org.smmulator.device.DeviceType}; a command finds them in the folders
 * that are named with {@code --plugins}. A type that throws, does not return, or says what cannot
 * be is left out, with a sentence that names its jar and class. One object serves all devices, from
 * any thread.
 */
public interface DeviceType {
  /** What it is called by: 1 to 32 lower-case letters, digits and hyphens, a letter first. */
  String name();

  /** What it is, in one sentence for people who look for a model. */
  String help();

  /** What can be chosen for each device, in the order in which people are told. */
  default List<ModelOption> options() {
    return List.of();
  }

  /**
   * Makes the model of one device. It must not wait; what it has to do for long it does from {@link
   * DeviceModel#start} on.
   *
   * @param settings a value for each of the options
   * @throws IllegalArgumentException if the values do not go together; the message says what would
   *     be right
   */
  DeviceModel create(ModelSettings settings);

  /**
   * Whether its functions have ATS. If not, a machine file has no use for {@code record} and {@code
   * sabotage} of such a device, and says so.
   */
  default boolean hasAtc() {
    return true;
  }

  /**
   * Whether its devices need {@link ModelSettings#systemMemory}: they live in the process of a
   * machine that a program outside steps, and nowhere else.
   */
  default boolean needsSystemMemory() {
    return false;
  }

  /**
   * Whether its devices neither wait nor start tasks. On a machine that a program outside steps
   * they are on the hardware's own loop and time then. It counts for types of the class path alone,
   * since one that waits there holds up the machine.
   */
  default boolean isStepped() {
    return false;
  }
}
