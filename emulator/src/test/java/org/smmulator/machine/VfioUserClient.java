package org.smmulator.machine;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * A client of vfio-user for tests, as a virtual machine monitor is one: it takes a function, reads
 * and writes its regions, and performs what the server writes into its address space. It knows the
 * protocol by itself, and shares no code with the server.
 */
final class VfioUserClient implements AutoCloseable {
  static final int CONFIGURATION = 7;

  private static final int HEADER = 16;
  private static final int DMA_WRITE = 12;

  /** A write of the server's. */
  record Write(long address, long value) {}

  /** An error that the server has answered with. */
  static final class ErrnoException extends IOException {
    private static final long serialVersionUID = 1L;

    final int errno;

    ErrnoException(int errno) {
      super("errno " + errno);
      this.errno = errno;
    }
  }

  private final SocketChannel socket;
  private final ArrayDeque<Write> writes = new ArrayDeque<>();
  private int id;

  private VfioUserClient(SocketChannel socket) {
    this.socket = socket;
  }

  /** Takes the function at a socket. */
  static VfioUserClient at(Path path) throws IOException {
    VfioUserClient client =
        new VfioUserClient(SocketChannel.open(UnixDomainSocketAddress.of(path)));
    byte[] text = "{\"capabilities\":{\"max_msg_fds\":16,\"pgsizes\":4096}}\0".getBytes(US_ASCII);
    ByteBuffer body = body(4 + text.length).putShort((short) 0).putShort((short) 0).put(text);
    ByteBuffer reply = client.command(1, body);
    if (reply.getShort() != 0) {
      throw new IOException("another major version");
    }
    return client;
  }

  private static ByteBuffer body(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void send(int type, int number, int command, ByteBuffer body) throws IOException {
    ByteBuffer message =
        body(HEADER + body.flip().remaining())
            .putShort((short) number)
            .putShort((short) command)
            .putInt(HEADER + body.remaining())
            .putInt(type)
            .putInt(0)
            .put(body)
            .flip();
    while (message.hasRemaining()) {
      socket.write(message);
    }
  }

  private ByteBuffer receive(int bytes) throws IOException {
    ByteBuffer data = body(bytes);
    while (data.hasRemaining()) {
      if (socket.read(data) < 0) {
        throw new EOFException("the server has ended the session");
      }
    }
    return data.flip();
  }

  /** Sends a command, and returns the body of its reply; the server's own commands go first. */
  private ByteBuffer command(int command, ByteBuffer body) throws IOException {
    id = (id + 1) & 0x7fff;
    send(0, id, command, body);
    while (true) {
      ByteBuffer header = receive(HEADER);
      int number = header.getShort() & 0xffff;
      int what = header.getShort();
      ByteBuffer received = receive(header.getInt() - HEADER);
      int flags = header.getInt();
      if ((flags & 0xf) == 0) {
        perform(number, what, received);
      } else if (number != id || what != command) {
        throw new IOException("a reply to another command");
      } else if ((flags & 0x20) != 0) {
        throw new ErrnoException(header.getInt());
      } else {
        return received;
      }
    }
  }

  private void perform(int number, int what, ByteBuffer request) throws IOException {
    if (what != DMA_WRITE || request.remaining() != 20) {
      throw new IOException("command " + what + " of " + request.remaining() + " bytes");
    }
    long address = request.getLong();
    long count = request.getLong();
    writes.add(new Write(address, request.getInt()));
    send(1, number, DMA_WRITE, body(16).putLong(address).putLong(count));
  }

  /** What the server has written since it was asked last. */
  List<Write> takeWrites() throws IOException {
    read(CONFIGURATION, 0, 4); // behind all that was sent before
    List<Write> taken = new ArrayList<>(writes);
    writes.clear();
    return taken;
  }

  void mapDma(long address, long bytes) throws IOException {
    ByteBuffer unused =
        command(2, body(32).putInt(32).putInt(3).putLong(0).putLong(address).putLong(bytes));
  }

  long regionBytes(int region) throws IOException {
    ByteBuffer reply =
        command(5, body(32).putInt(32).putInt(0).putInt(region).putInt(0).putLong(0).putLong(0));
    return reply.getLong(16);
  }

  byte[] bytes(int region, long offset, int count) throws IOException {
    ByteBuffer reply = command(9, body(16).putLong(offset).putInt(region).putInt(count));
    byte[] data = new byte[count];
    reply.position(16).get(data);
    return data;
  }

  long read(int region, long offset, int count) throws IOException {
    byte[] data = bytes(region, offset, count);
    long value = 0;
    for (int i = 0; i < count; i++) {
      value |= (data[i] & 0xffL) << (8 * i);
    }
    return value;
  }

  void write(int region, long offset, int count, long value) throws IOException {
    ByteBuffer request = body(16 + count).putLong(offset).putInt(region).putInt(count);
    for (int i = 0; i < count; i++) {
      request.put((byte) (value >>> (8 * i)));
    }
    ByteBuffer unused = command(10, request);
  }

  void reset() throws IOException {
    ByteBuffer unused = command(13, body(0));
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
