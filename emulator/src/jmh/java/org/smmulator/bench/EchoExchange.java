package org.smmulator.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/** Frames as long as a read and its completion, without a look at what is in them. */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel
final class EchoExchange implements DmaReadBenchmark.Exchange {
  /** Frame header, PASID prefix, 4-doubleword header. */
  private static final int REQUEST_BYTES = 8 + 4 + 16;

  /** Frame header, 3-doubleword header, 64 bytes. */
  private static final int ANSWER_BYTES = 8 + 12 + 64;

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
            .childHandler(initializer(() -> new Answering(REQUEST_BYTES)))
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

  private static ChannelInitializer<Channel> initializer(Supplier<Counting> handler) {
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
              client.writeAndFlush(zeros(client, window * REQUEST_BYTES));
            });
    done.acquire();
  }

  private static ByteBuf zeros(Channel channel, int bytes) {
    return channel.alloc().directBuffer(bytes).writeZero(bytes);
  }

  /** Counts whole frames of one length and answers those of a read event at once. */
  private abstract static class Counting extends ChannelInboundHandlerAdapter {
    private final int frameBytes;
    private int received;

    Counting(int frameBytes) {
      this.frameBytes = frameBytes;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ByteBuf bytes = (ByteBuf) message;
      received += bytes.readableBytes();
      bytes.release();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      int frames = received / frameBytes;
      received %= frameBytes;
      frames(context.channel(), frames);
    }

    abstract void frames(Channel channel, int count);
  }

  private static final class Answering extends Counting {
    Answering(int frameBytes) {
      super(frameBytes);
    }

    @Override
    void frames(Channel channel, int count) {
      if (count > 0) {
        channel.writeAndFlush(zeros(channel, count * ANSWER_BYTES));
      }
    }
  }

  private final class Asking extends Counting {
    Asking() {
      super(ANSWER_BYTES);
    }

    @Override
    void frames(Channel channel, int count) {
      toReceive -= count;
      int more = Math.min(count, toSend);
      if (more > 0) {
        toSend -= more;
        channel.writeAndFlush(zeros(channel, more * REQUEST_BYTES));
      }
      if (count > 0 && toReceive == 0) {
        done.release();
      }
    }
  }
}
