package org.smmulator.vfio;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.Arrays;
import org.smmulator.counter.Tally;
import org.smmulator.execution.SteppedLoop;

/** The server's end of a connection, without a socket. */
final class VfioWire {
  final ScriptedFunction function;
  final Tally<VfioCounter> tally;
  final SteppedLoop loop;
  final VfioPort port;
  final EmbeddedChannel channel = new EmbeddedChannel();

  VfioWire() {
    function = new ScriptedFunction();
    tally = new Tally<>(VfioCounter.class);
    loop = new SteppedLoop(() -> {});
    port = new VfioPort(function, loop, tally);
    channel.pipeline().addLast(new VfioConnection(channel, port));
  }

  /** Another connection to the same function. */
  VfioWire(VfioWire first) {
    function = first.function;
    tally = first.tally;
    loop = first.loop;
    port = first.port;
    channel.pipeline().addLast(new VfioConnection(channel, port));
  }

  void kill() {
    channel.close().syncUninterruptibly();
  }

  /** The next client, which finds the function as after power-on. */
  VfioWire next() {
    kill();
    Arrays.fill(function.bar0, (byte) 0);
    return new VfioWire(this);
  }

  /** A session that has begun. */
  static VfioWire open() {
    VfioWire wire = new VfioWire();
    wire.exchange(VfioVectors.VERSION);
    return wire;
  }

  void send(byte[] bytes) {
    channel.writeInbound(Unpooled.wrappedBuffer(bytes));
  }

  /** Whether all that was sent to it were whole messages. */
  boolean isWhole() {
    VfioConnection connection = channel.pipeline().get(VfioConnection.class);
    return connection != null && !connection.hasUnread();
  }

  /** What was sent since it was asked last, as hex. */
  String received() {
    channel.runPendingTasks();
    StringBuilder all = new StringBuilder();
    for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
      all.append(ByteBufUtil.hexDump(part));
      part.release();
    }
    return all.toString();
  }

  String exchange(String hex) {
    send(VfioVectors.bytes(hex));
    return received();
  }
}
