package org.smmulator.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * The limit of a read over a link: frames of the same bytes, parsed and built field by field by
 * handlers that know this one request and this one answer, with the 64 bytes out of an array. No
 * rule of PCIe is checked, nothing is translated, no request is remembered.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel
final class EchoExchange implements DmaReadBenchmark.Exchange {
  /** Frame header, PASID prefix, 4-doubleword header. */
  private static final int REQUEST_BYTES = 8 + 4 + 16;

  private static final int DATA_BYTES = 64;

  /** Frame header, 3-doubleword header, data. */
  private static final int ANSWER_BYTES = 8 + 12 + DATA_BYTES;

  /** Length and kind of a frame that carries a packet. */
  private static final long REQUEST_FRAME = ((REQUEST_BYTES - 4L) << 32) | (3 << 24);

  private static final long ANSWER_FRAME = ((ANSWER_BYTES - 4L) << 32) | (3 << 24);

  /** PASID prefix and doubleword 0 of a Memory Read of 16 doublewords, long form. */
  private static final long READ_OF_PASID = 0x9100_0003_2000_0010L;

  /** Doublewords 0 and 1 of a Completion with Data of 64 bytes. */
  private static final long COMPLETION = 0x4A00_0010_0000_0040L;

  private static final int REQUESTER = 0x20 << 16;
  private static final int ALL_BYTES = 0xFF;
  private static final long VA = 0x7f00_0000_0000L;
  private static final int OUTPUT_BYTES = 80 << 10;

  private final Semaphore done = new Semaphore(0);
  private final Channel client;
  private int toSend;
  private int toReceive;

  EchoExchange(EventLoop server, EventLoop device) throws InterruptedException {
    Channel listener =
        new ServerBootstrap()
            .group(server, server)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(initializer(Answering::new))
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
    client =
        new Bootstrap()
            .group(device)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .handler(initializer(Asking::new))
            .connect((InetSocketAddress) listener.localAddress())
            .sync()
            .channel();
  }

  private static ChannelInitializer<Channel> initializer(Supplier<Frames> handler) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        channel.pipeline().addLast(handler.get());
      }
    };
  }

  @Override
  public void run(int count, int window) throws InterruptedException {
    client
        .eventLoop()
        .execute(
            () -> {
              toSend = count - window;
              toReceive = count;
              ByteBuf out = client.alloc().ioBuffer(OUTPUT_BYTES);
              for (int tag = 0; tag < window; tag++) {
                request(out, tag);
              }
              client.writeAndFlush(out, client.voidPromise());
            });
    done.acquire();
  }

  private static void request(ByteBuf out, int tag) {
    int tagBits = ((tag & 0x100) << 11) | ((tag & 0x200) << 14);
    long address = VA + (tag & 63L) * DATA_BYTES;
    out.writeLong(REQUEST_FRAME);
    out.writeLong(READ_OF_PASID | tagBits);
    out.writeInt(REQUESTER | ((tag & 0xFF) << 8) | ALL_BYTES).writeLong(address);
  }

  /** Takes whole frames of one length, and sends what they make it write in one piece. */
  private abstract static class Frames extends ByteToMessageDecoder {
    private final int frameBytes;

    Frames(int frameBytes) {
      this.frameBytes = frameBytes;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> decoded) {
      if (in.readableBytes() < frameBytes) {
        return;
      }
      ByteBuf out = context.alloc().ioBuffer(OUTPUT_BYTES);
      while (in.readableBytes() >= frameBytes) {
        frame(in, in.readerIndex(), out);
        in.skipBytes(frameBytes);
      }
      context.writeAndFlush(out, context.voidPromise());
    }

    abstract void frame(ByteBuf in, int at, ByteBuf out);

    static void check(boolean expected) {
      if (!expected) {
        throw new IllegalStateException("a frame that nobody sent");
      }
    }
  }

  private static final class Answering extends Frames {
    private final byte[] page = new byte[4096];

    Answering() {
      super(REQUEST_BYTES);
    }

    @Override
    void frame(ByteBuf in, int at, ByteBuf out) {
      long tagBits = in.getLong(at + 8) ^ READ_OF_PASID;
      int dw1 = in.getInt(at + 16);
      long address = in.getLong(at + 20);
      check(in.getLong(at) == REQUEST_FRAME && (dw1 & ALL_BYTES) == ALL_BYTES);
      out.writeLong(ANSWER_FRAME);
      out.writeLong(COMPLETION | (tagBits << 32));
      out.writeInt((dw1 & 0xFFFF_FF00) | ((int) address & 0x7F));
      out.writeBytes(page, (int) address & 0xFC0, DATA_BYTES);
    }
  }

  private final class Asking extends Frames {
    Asking() {
      super(ANSWER_BYTES);
    }

    @Override
    void frame(ByteBuf in, int at, ByteBuf out) {
      int dw0 = (int) (in.getLong(at + 8) >>> 32);
      int dw2 = in.getInt(at + 16);
      check(in.getLong(at) == ANSWER_FRAME && dw2 >>> 16 == REQUESTER >>> 16);
      int tag = ((dw2 >>> 8) & 0xFF) | ((dw0 >>> 11) & 0x100) | ((dw0 >>> 14) & 0x200);
      if (toSend > 0) {
        toSend--;
        request(out, tag);
      }
      if (--toReceive == 0) {
        done.release();
      }
    }
  }
}
