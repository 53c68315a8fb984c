package org.smmulator.device;

import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.bus.wire.AtcRead;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.bus.wire.ControlCode;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.ErrorCode;
import org.smmulator.bus.wire.Hello;
import org.smmulator.bus.wire.HelloAck;
import org.smmulator.bus.wire.Link;
import org.smmulator.bus.wire.LinkEnd;
import org.smmulator.bus.wire.LinkHandler;
import org.smmulator.bus.wire.LinkLimits;
import org.smmulator.bus.wire.NettyTransport;
import org.smmulator.device.atc.AtcRecorder;
import org.smmulator.device.execution.LoopExecution;
import org.smmulator.device.execution.Signal;
import org.smmulator.device.execution.Steps;
import org.smmulator.execution.Execution;
import org.smmulator.execution.Loop;
import org.smmulator.execution.ThreadExecution;

/**
 * A model on the bus: says hello, runs the model while the link is open, reports statistics, and
 * leaves. It is one end of any link: {@link #connect} makes one over a socket; {@link #handler} can
 * be joined to a root complex of the same process.
 *
 * <p>The public methods may be called from any thread but the link's.
 */
public final class AttachedDevice {
  private static final Logger log = LoggerFactory.getLogger(AttachedDevice.class);
  private static final long STATISTICS_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** Reports in four seconds, after which the working set is followed anew. */
  private static final int REPORTS_IN_PERIOD = 16;

  /** How long a detach waits for the model to stop. */
  private static final long STOP_NANOS = TimeUnit.SECONDS.toNanos(40);

  private final DeviceModel model;
  private final DeviceOptions options;
  private final Execution execution;
  private final Function<String, Steps> steps;
  private final boolean reporting;
  private final @Nullable AtcRecorder recorder;
  private final LinkHandler handler = new Handler();
  private final CompletableFuture<Integer> attached = new CompletableFuture<>();
  private final CompletableFuture<String> closed = new CompletableFuture<>();
  private final Signal stoppedSignal;
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final AtomicReference<@Nullable Throwable> modelFailure = new AtomicReference<>();
  private volatile boolean stopped;
  private int reports;
  private volatile @Nullable Session session;

  /** What exists from the answered hello on. */
  private record Session(Link link, Endpoint endpoint, ModelTask task) {}

  /**
   * A device that is not connected yet.
   *
   * @throws IOException if the file for the ATC's events cannot be written
   */
  public AttachedDevice(DeviceModel model, DeviceOptions options, Execution execution)
      throws IOException {
    this(model, options, execution, name -> Steps.onTask(execution, name), true);
  }

  private AttachedDevice(
      DeviceModel model,
      DeviceOptions options,
      Execution execution,
      Function<String, Steps> steps,
      boolean reporting)
      throws IOException {
    this.steps = steps;
    this.reporting = reporting;
    this.model = model;
    this.options = options;
    this.execution = execution;
    this.stoppedSignal = new Signal(execution);
    this.recorder = options.record() == null ? null : AtcRecorder.toFile(options.record());
  }

  /**
   * A device that lives on the loop of the link that {@link #handler} is given to, and does nothing
   * there unasked: it reports no statistics by itself and gives up no request, so that time on the
   * loop belongs to the model alone. Such a device leaves when the root complex closes the link.
   *
   * @throws IOException if the file for the ATC's events cannot be written
   */
  public static AttachedDevice onLoop(Loop loop, DeviceModel model, DeviceOptions options)
      throws IOException {
    return new AttachedDevice(
        model, options, new LoopExecution(loop), name -> Steps.onLoop(loop), false);
  }

  /**
   * Connects a model to a bus over a socket. The device may still be refused: see {@link
   * #whenAttached}.
   *
   * @param loop an event loop with {@code NioIoHandler}; the link runs on it
   * @throws IOException if nobody listens there, with one sentence
   */
  public static AttachedDevice connect(
      EventLoop loop, BusAddress bus, DeviceModel model, DeviceOptions options) throws IOException {
    AttachedDevice device = new AttachedDevice(model, options, new ThreadExecution());
    boolean connected = false;
    try {
      NettyTransport.connect(loop, bus, LinkLimits.DEFAULT, device.handler());
      connected = true;
      return device;
    } finally {
      if (!connected) {
        device.closeRecord();
      }
    }
  }

  /** The device's end of a link, for a transport; for one link only. */
  public LinkHandler handler() {
    return handler;
  }

  /**
   * The granted requester ID, once the root complex has answered. Fails with the root complex's own
   * words ({@code IOException}) if it refuses, or if the link is closed before.
   */
  public CompletableFuture<Integer> whenAttached() {
    return attached;
  }

  /** Why the link is closed, once it is. */
  public CompletableFuture<String> whenClosed() {
    return closed;
  }

  /**
   * What the device has counted, in the slots of {@link org.smmulator.bus.wire.DeviceCounter}; all
   * zero before it is attached.
   */
  public CompletableFuture<long[]> statistics() {
    CompletableFuture<long[]> answer = new CompletableFuture<>();
    Session current = session;
    if (current == null) {
      answer.complete(new long[DeviceCounter.SLOTS]);
    } else if (!current
        .endpoint()
        .mailbox()
        .post(() -> answer.complete(current.endpoint().statistics()))) {
      answer.complete(current.endpoint().statistics());
    }
    return answer;
  }

  /** As {@link #statistics}, for who knows that nothing of the device runs meanwhile. */
  public long[] statisticsAtRest() {
    Session current = session;
    return current == null ? new long[DeviceCounter.SLOTS] : current.endpoint().statistics();
  }

  /**
   * What the ATC holds, as it would answer the root complex; for who knows that nothing of the
   * device runs meanwhile. Null unless it is attached.
   */
  public @Nullable AtcEntries atcAtRest(AtcRead question) {
    Session current = session;
    return current == null || closed.isDone() ? null : current.endpoint().held(question);
  }

  /** What the model threw first, of its methods or its tasks; null if it has not. */
  public @Nullable Throwable modelFailure() {
    return modelFailure.get();
  }

  /**
   * Leaves the bus in good order: stops the model, reports statistics, says so, closes. Returns
   * when all that is done; does nothing on a closed link.
   */
  public void detach() {
    Session current = session;
    if (current != null && current.link().loop().inLoop()) {
      throw new IllegalStateException("a detach waits, and the link's own thread must not");
    }
    if (current == null || closed.isDone()) {
      return;
    }
    stopModel(current);
    if (!stoppedSignal.await(() -> stopped, execution.nanoTime() + STOP_NANOS)) {
      log.warn("{}: the model did not stop in time", options.name());
    }
    current.endpoint().mailbox().post(() -> leave(current));
    stoppedSignal.await(closed::isDone);
  }

  private void leave(Session current) {
    report(current);
    current.link().detach();
  }

  private void stopModel(Session current) {
    if (stopping.getAndSet(true)) {
      return;
    }
    current
        .task()
        .end(
            () -> {
              try {
                model.stop();
              } finally {
                stopped = true;
                stoppedSignal.raise();
              }
            });
  }

  private void report(Session current) {
    current.link().sendStats(current.endpoint().statistics());
    if (recorder != null) {
      recorder.flush();
    }
  }

  private void tick(Session current) {
    if (!current.link().isOpen()) {
      return;
    }
    current.endpoint().requester().expire(execution.nanoTime() - options.completionTimeoutNanos());
    current.endpoint().readComplete();
    if (reports++ % REPORTS_IN_PERIOD == 0) {
      current.endpoint().nextPeriodOfWorkingSet();
    }
    report(current);
    current.link().flush();
    current.link().loop().schedule(() -> tick(current), STATISTICS_NANOS);
  }

  /** The link's calls, on its loop. */
  private final class Handler implements LinkHandler {
    private @Nullable Link link;
    private @Nullable String refusal;

    @Override
    public void connected(Link newLink) {
      link = newLink;
      Hello hello = Hello.of(options.requesterId(), options.model(), options.name());
      newLink.sendHello(hello);
    }

    @Override
    public void helloAck(HelloAck ack) {
      Link open = link;
      if (open == null) {
        throw new IllegalStateException("an answer without a link");
      }
      ModelTask task =
          new ModelTask(
              steps.apply(options.name() + " registers"),
              execution,
              () -> open.loop().execute(open::resume),
              thrown -> modelFailure.compareAndSet(null, thrown));
      Endpoint endpoint = new Endpoint(open, ack, model, options, recorder, execution, task);
      Session opened = new Session(open, endpoint, task);
      session = opened;
      task.post(() -> model.start(context(open, endpoint, task)));
      if (reporting) {
        open.loop().schedule(() -> tick(opened), STATISTICS_NANOS);
      }
      attached.complete(ack.requesterId());
    }

    @Override
    public void tlp(Tlp tlp) {
      Session current = opened();
      String wrong = current.endpoint().received(tlp);
      if (wrong != null) {
        log.warn("{}: {}", options.name(), wrong);
        current.link().close(ErrorCode.MALFORMED, wrong);
      } else if (current.task().isFull()) {
        current.link().pause();
      }
    }

    @Override
    public void atcRead(AtcRead question) {
      opened().endpoint().atcRead(question);
    }

    @Override
    public void control(int code) {
      if (code == ControlCode.RESET) {
        opened().endpoint().reset();
      }
    }

    @Override
    public void error(int code, String text) {
      refusal = text;
    }

    @Override
    public void readComplete() {
      Session current = session;
      if (current != null) {
        current.endpoint().readComplete();
      }
    }

    @Override
    public void closed(LinkEnd end) {
      Session current = session;
      String why = refusal == null ? end.text() : refusal;
      try {
        if (current != null) {
          current.endpoint().linkDown();
          stopModel(current);
        }
      } finally {
        closeRecord();
        attached.completeExceptionally(new IOException(why));
        closed.complete(why);
        stoppedSignal.raise();
      }
    }

    private Session opened() {
      Session current = session;
      if (current == null) {
        throw new IllegalStateException("a packet before the answered hello");
      }
      return current;
    }
  }

  /** However the link ended: what was recorded since the last report is the most telling part. */
  private void closeRecord() {
    if (recorder != null) {
      recorder.close();
    }
  }

  private DeviceContext context(Link link, Endpoint endpoint, ModelTask task) {
    DmaPort dma =
        new LinkDmaPort(
            endpoint.requester(), endpoint.mailbox(), execution, task, options.stalling());
    return new DeviceContext() {
      @Override
      public DmaPort dma() {
        return dma;
      }

      @Override
      public Msi msi() {
        return endpoint::raise;
      }

      @Override
      public void setInterruptPin(boolean asserted) {
        endpoint.interruptPin(asserted);
      }

      @Override
      public Loop.Timer schedule(Runnable step, long delayNanos) {
        return ModelTimer.start(link.loop(), task, step, delayNanos);
      }

      @Override
      public void spawn(String name, Runnable body) {
        execution.spawn(options.name() + " " + name, () -> task.run(body));
      }

      @Override
      public Execution execution() {
        return execution;
      }
    };
  }
}
