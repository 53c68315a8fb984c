package org.smmulator.vfio;

import org.jspecify.annotations.Nullable;

/** The commands of vfio-user that are used here, by their numbers. */
enum VfioCommand {
  VERSION(1),
  DMA_MAP(2),
  DMA_UNMAP(3),
  DEVICE_GET_INFO(4),
  DEVICE_GET_REGION_INFO(5),
  DEVICE_GET_IRQ_INFO(7),
  DEVICE_SET_IRQS(8),
  REGION_READ(9),
  REGION_WRITE(10),
  /** The only one that the server sends. */
  DMA_WRITE(12),
  DEVICE_RESET(13);

  private static final VfioCommand[] ALL = values();

  final int number;

  VfioCommand(int number) {
    this.number = number;
  }

  static @Nullable VfioCommand of(int number) {
    for (VfioCommand command : ALL) {
      if (command.number == number) {
        return command;
      }
    }
    return null;
  }
}
