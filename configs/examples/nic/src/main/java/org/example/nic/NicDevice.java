package org.example.nic;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.smmulator.device.DeviceContext;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DmaException;
import org.smmulator.device.PciFunction;
import org.smmulator.device.execution.Signal;

/**
 * A network card with one ring of frames to send and one of buffers to receive them in. Rings,
 * frames and buffers lie in the memory of the process whose PASID the card is given; pages that are
 * not there it asks for, by page requests. A frame has up to 64 pages.
 *
 * <p>Registers of BAR 0, 8 bytes each:
 *
 * <pre>
 * 0x00 ID       RO 0x43494e
 * 0x08 TX_BASE  address of the descriptors of frames to send
 * 0x10 RX_BASE  address of the descriptors of buffers
 * 0x18 ENTRIES  of each ring
 * 0x20 PASID    of all accesses
 * 0x28 CTRL     1 starts the card from the beginning of both rings, 0 stops it
 * 0x30 TX_TAIL  how many frames were given to it since it started
 * 0x38 RX_TAIL  how many buffers
 * 0x40 DONE     RO how many frames it has sent and received
 * 0x48 ERROR    RO what stopped it: 0 nothing, 1 memory it may not access, 2 a wrong descriptor
 * </pre>
 *
 * <p>Descriptor, 16 bytes: address u64, bytes u32 (of a buffer: room, and then what came), status
 * u32, in which the card sets {@link #DESCRIPTOR_DONE}. Vector 0 is raised for each frame that was
 * received, and for an error.
 */
final class NicDevice implements DeviceModel {
  static final int ID = 0x00;
  static final int TX_BASE = 0x08;
  static final int RX_BASE = 0x10;
  static final int ENTRIES = 0x18;
  static final int PASID = 0x20;
  static final int CTRL = 0x28;
  static final int TX_TAIL = 0x30;
  static final int RX_TAIL = 0x38;
  static final int DONE = 0x40;
  static final int ERROR = 0x48;

  static final long ID_VALUE = 0x43494e;
  static final int PAGE = 4096;
  static final int MOST_BYTES = 64 * PAGE;

  static final int DESCRIPTOR_BYTES = 16;
  static final int DESCRIPTOR_LENGTH = 8;
  static final int DESCRIPTOR_STATUS = 12;
  static final int DESCRIPTOR_DONE = 1;

  static final int NO_MEMORY = 1;
  static final int WRONG_DESCRIPTOR = 2;

  private static final int BAR_BYTES = 0x1000;
  private static final int MSIX_TABLE = 0x800;
  private static final int MSIX_PENDING = 0xc00;
  private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

  /** From a start of the card to its stop or reset. Only the worker changes what is below. */
  private static final class Session {
    final long txBase;
    final long rxBase;
    final long entries;
    final int pasid;
    volatile long txTail;
    volatile long rxTail;
    volatile long done;
    volatile int error;

    Session(long[] registers) {
      txBase = registers[TX_BASE / 8];
      rxBase = registers[RX_BASE / 8];
      entries = Math.max(1, registers[ENTRIES / 8]);
      pasid = (int) registers[PASID / 8];
    }

    boolean hasWork() {
      return error == 0 && done < Math.min(txTail, rxTail);
    }
  }

  private final int pageRequests;
  private final int burstBytes;
  private final long[] registers = new long[BAR_BYTES / 8];
  private volatile Session session;
  private volatile boolean atWork;
  private volatile boolean stopped;
  private DeviceContext context;
  private Signal changed;

  NicDevice(int pageRequests, int burstPages) {
    this.pageRequests = pageRequests;
    this.burstBytes = burstPages * PAGE;
  }

  @Override
  public PciFunction function() {
    return PciFunction.builder(0x1af4, 0x7c00, 0x020000) // an Ethernet controller
        .memoryBar64(0, BAR_BYTES)
        .msix(1, 0, MSIX_TABLE, MSIX_PENDING)
        .ats(32)
        .pageRequests(pageRequests)
        .pasid(20)
        .build();
  }

  @Override
  public void start(DeviceContext newContext) {
    context = newContext;
    changed = new Signal(context.execution());
    context.spawn("frames", this::work);
  }

  /** The card's own task: DMA waits, and so it has no place in the methods that the bus calls. */
  private void work() {
    while (!stopped) {
      changed.await(() -> stopped || hasWork());
      atWork = true; // before it looks: a reset waits for it, or is seen here
      Session now = session;
      if (now != null && now.hasWork()) {
        loopBack(now);
      }
      atWork = false;
    }
  }

  private boolean hasWork() {
    Session now = session;
    return now != null && now.hasWork();
  }

  private void loopBack(Session now) {
    try {
      long slot = now.done % now.entries * DESCRIPTOR_BYTES;
      ByteBuffer sent = read(now, now.txBase + slot);
      ByteBuffer received = read(now, now.rxBase + slot);
      int bytes = sent.getInt(DESCRIPTOR_LENGTH);
      if (bytes < 1 || bytes > MOST_BYTES || bytes > received.getInt(DESCRIPTOR_LENGTH)) {
        fail(now, WRONG_DESCRIPTOR);
        return;
      }
      byte[] frame = new byte[bytes];
      for (int at = 0; at < bytes; at += burstBytes) {
        int length = Math.min(burstBytes, bytes - at);
        context.dma().read(now.pasid, sent.getLong(0) + at, frame, at, length);
      }
      for (int at = 0; at < bytes; at += burstBytes) {
        int length = Math.min(burstBytes, bytes - at);
        context.dma().write(now.pasid, received.getLong(0) + at, frame, at, length);
      }
      received.putInt(DESCRIPTOR_LENGTH, bytes);
      finish(now, now.rxBase + slot, received);
      finish(now, now.txBase + slot, sent);
      now.done++; // the worker alone writes it
      context.msi().raise(0); // behind all that was written
    } catch (DmaException e) {
      fail(now, NO_MEMORY);
    }
  }

  private ByteBuffer read(Session now, long address) throws DmaException {
    ByteBuffer descriptor = ByteBuffer.allocate(DESCRIPTOR_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    context.dma().read(now.pasid, address, descriptor.array(), 0, DESCRIPTOR_BYTES);
    return descriptor;
  }

  private void finish(Session now, long address, ByteBuffer descriptor) throws DmaException {
    descriptor.putInt(DESCRIPTOR_STATUS, DESCRIPTOR_DONE);
    context.dma().write(now.pasid, address, descriptor.array(), 0, DESCRIPTOR_BYTES);
  }

  /** After a reset nobody is to hear of what was before. */
  private void fail(Session now, int error) {
    now.error = error;
    if (session == now) {
      context.msi().raise(0);
    }
  }

  @Override
  public long readBar(int bar, long offset, int sizeBytes) {
    if (sizeBytes != 8) {
      return 0;
    }
    Session now = session;
    return switch ((int) offset) {
      case ID -> ID_VALUE;
      case DONE -> now == null ? 0 : now.done;
      case ERROR -> now == null ? 0 : now.error;
      default -> registers[(int) offset / 8];
    };
  }

  @Override
  public void writeBar(int bar, long offset, int sizeBytes, long value) {
    if (sizeBytes != 8) {
      return;
    }
    registers[(int) offset / 8] = value;
    Session now = session;
    switch ((int) offset) {
      case CTRL -> session = value == 1 ? new Session(registers) : null;
      case TX_TAIL -> {
        if (now != null) {
          now.txTail = value;
        }
      }
      case RX_TAIL -> {
        if (now != null) {
          now.rxTail = value;
        }
      }
      default -> {}
    }
    changed.raise();
  }

  @Override
  public void reset() {
    throw new UnsupportedOperationException("the bus calls the other one");
  }

  /** Over when the worker has given up the frame that it was at. */
  @Override
  public void reset(Runnable over) {
    session = null;
    Arrays.fill(registers, 0);
    if (atWork) {
      context.schedule(() -> reset(over), LOOK_NANOS);
    } else {
      over.run();
    }
  }

  @Override
  public void stop() {
    stopped = true;
    session = null;
    changed.raise();
  }
}
