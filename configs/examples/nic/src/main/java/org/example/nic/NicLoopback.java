package org.example.nic;

import java.util.Arrays;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.guest.GuestProgram;
import org.smmulator.guest.UserTask;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.mm.SegmentationFault;
import org.smmulator.guest.pci.generic.DeviceFile;

/**
 * The card's driver, in user space: sends frames of 64 pages to itself, and compares what comes
 * with what went. Each frame is received in memory that nobody has touched before, so that the card
 * has to ask for its pages, and that is unmapped afterwards, so that the card must forget them.
 */
public final class NicLoopback implements GuestProgram {
  private static final PciAddress NIC = PciAddress.of(0, 4, 0);
  private static final int FRAMES = 6;
  private static final int ENTRIES = 4;
  private static final int BYTES = NicDevice.MOST_BYTES;

  @Override
  public String name() {
    return "nic-loopback";
  }

  @Override
  public void run(UserTask task) throws Exception {
    task.awaitDevice(NIC, Long.MAX_VALUE);
    try (DeviceFile nic = task.open(NIC)) {
      require(nic.read64(0, NicDevice.ID) == NicDevice.ID_VALUE, "the device is no nic");
      Rings rings = Rings.start(task, nic);
      for (int number = 0; number < FRAMES; number++) {
        rings.sendAndReceive(number);
      }
    }
  }

  private static void require(boolean right, String wrong) {
    if (!right) {
      throw new IllegalStateException(wrong);
    }
  }

  /** Both rings and a frame to send, all in plain memory of the process. */
  private record Rings(UserTask task, DeviceFile nic, long tx, long rx, long frame) {
    static Rings start(UserTask task, DeviceFile nic) throws Exception {
      long tx = task.mmap(NicDevice.PAGE, Prot.READ_WRITE);
      long rx = task.mmap(NicDevice.PAGE, Prot.READ_WRITE);
      long frame = task.mmap(BYTES, Prot.READ_WRITE);
      nic.write64(0, NicDevice.TX_BASE, tx);
      nic.write64(0, NicDevice.RX_BASE, rx);
      nic.write64(0, NicDevice.ENTRIES, ENTRIES);
      nic.write64(0, NicDevice.PASID, nic.bindSva());
      nic.write64(0, NicDevice.CTRL, 1);
      return new Rings(task, nic, tx, rx, frame);
    }

    void sendAndReceive(int number) throws Exception {
      byte[] sent = contents(number);
      task.store(frame, sent);
      long buffer = task.mmap(BYTES, Prot.READ_WRITE);
      long slot = (long) number % ENTRIES * NicDevice.DESCRIPTOR_BYTES;
      describe(tx + slot, frame);
      describe(rx + slot, buffer);
      nic.write64(0, NicDevice.RX_TAIL, number + 1);
      nic.write64(0, NicDevice.TX_TAIL, number + 1);

      nic.awaitInterrupt(0, Long.MAX_VALUE);
      long error = nic.read64(0, NicDevice.ERROR);
      require(error == 0, "frame " + number + ": the card tells error " + error);
      require(nic.read64(0, NicDevice.DONE) == number + 1, "frame " + number + " has not come");
      require(
          Arrays.equals(sent, task.load(buffer, BYTES)), "frame " + number + " came otherwise");
      task.munmap(buffer, BYTES);
    }

    /** A descriptor: where it is, how long, and not done. */
    private void describe(long descriptor, long address) throws SegmentationFault {
      task.store64(descriptor, address);
      task.store64(descriptor + NicDevice.DESCRIPTOR_LENGTH, BYTES);
    }

    /** Other bytes in each frame and each of its pages. */
    private static byte[] contents(int number) {
      byte[] bytes = new byte[BYTES];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) (number * 31 + i / NicDevice.PAGE * 7 + i);
      }
      return bytes;
    }
  }
}
