package org.smmulator.machine;

import io.netty.channel.EventLoop;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.device.AttachedDevice;
import org.smmulator.device.DeviceOptions;
import org.smmulator.device.model.dma.DmaDevice;

/**
 * A device that the guest drives as any other and that sends, between the packets of an honest
 * model, whatever else it likes: a DMA engine behind a relay, which cuts the stream into frames and
 * puts others in between. One link; what the root complex answers to the other frames is thrown
 * away.
 */
final class HostileDevice implements AutoCloseable {
  private static final int HELLO = 1;
  private static final int TLP = 3;
  private static final int TAG_BITS = 7;

  private final Socket machine;
  private final Socket model;
  private final AttachedDevice device;
  private final Thread up;
  private final Thread down;

  /** Attaches to the bus at a TCP address. */
  HostileDevice(EventLoop loop, String bus, int requesterId) throws IOException {
    BusAddress.Tcp address = (BusAddress.Tcp) BusAddress.parse(bus);
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket relay = new ServerSocket(0, 1, loopback)) {
      machine = new Socket(loopback, address.port());
      DeviceOptions options =
          DeviceOptions.of("dma", "hostile").withRequesterId(requesterId).withAtc(16, 4);
      device =
          AttachedDevice.connect(
              loop,
              new BusAddress.Tcp("127.0.0.1", relay.getLocalPort()),
              new DmaDevice(1, 32),
              options);
      model = relay.accept();
    }
    up = start("hostile-up", () -> relay(model, machine, true));
    down = start("hostile-down", () -> relay(machine, model, false));
  }

  private static Thread start(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.start();
    return thread;
  }

  private void relay(Socket from, Socket to, boolean upstream) {
    try {
      DataInputStream in = new DataInputStream(from.getInputStream());
      while (true) {
        int length = in.readInt();
        byte[] frame = new byte[4 + length];
        ByteBuffer.wrap(frame).putInt(length);
        in.readFully(frame, 4, length);
        if (upstream) {
          limitTags(frame);
        }
        if (upstream || !isForUs(frame)) {
          send(to, frame, 0, frame.length);
        }
      }
    } catch (IOException e) {
      closeSockets(); // either end has gone, and takes the other with it
    }
  }

  /** The model is granted tags below those of the other frames. */
  private static void limitTags(byte[] frame) {
    for (int at = 16; frame[4] == HELLO && at + 8 <= frame.length; ) {
      int type = frame[at] << 8 | frame[at + 1];
      if (type == TAG_BITS) {
        frame[at + 7] = 5;
      }
      at += 4 + (frame[at + 2] << 8 | frame[at + 3]);
    }
  }

  /** A completion with one of our tags. */
  private static boolean isForUs(byte[] frame) {
    boolean completion = frame[4] == TLP && (frame[8] & 0x1f) == 0x0a;
    return completion && (frame[18] & 0xff) >= HostileFrames.FIRST_TAG;
  }

  private static void send(Socket to, byte[] bytes, int from, int count) throws IOException {
    OutputStream out = to.getOutputStream();
    synchronized (to) {
      out.write(bytes, from, count);
    }
  }

  /** Sends one frame of its own; false if the link is gone. */
  boolean send(ByteBuffer frame) {
    return send(frame, frame.limit());
  }

  /** Sends the beginning of a frame, and then nothing that could be understood. */
  boolean send(ByteBuffer frame, int bytes) {
    try {
      send(machine, frame.array(), frame.arrayOffset(), bytes);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private void closeSockets() {
    try {
      machine.close();
      model.close();
    } catch (IOException e) {
      throw new IllegalStateException("a socket that does not close", e);
    }
  }

  /** Goes away without a word, and waits for its threads. */
  @Override
  public void close() {
    closeSockets();
    try {
      up.join();
      down.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    device.whenClosed().join();
  }
}
