package org.smmulator.machine;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.bus.wire.NettySockets;
import org.smmulator.bus.wire.NettyTransport;
import org.smmulator.config.DeviceConfig;
import org.smmulator.config.GuestConfig;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.PortAddress;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceOptions;
import org.smmulator.device.model.edu.EduDevice;
import org.smmulator.execution.EventLog;
import org.smmulator.execution.ThreadExecution;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.launch.MachineLauncher.RunningMachine;
import org.smmulator.launch.Progress;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.Summary;
import org.smmulator.qtest.Commands;
import org.smmulator.qtest.GuestPort;
import org.smmulator.qtest.HarnessMachine;
import org.smmulator.qtest.Interception;
import org.smmulator.smmu.explain.Question;
import org.smmulator.time.SteppedHardware;

/** One machine without a guest kernel: hardware, devices, and the port for whoever drives it. */
final class ExternalMachine implements RunningMachine {
  private final MachineConfig config;
  private final EventLoopThread thread = new EventLoopThread("hardware");
  private final SteppedHardware hardware;
  private final List<NettySockets.Listener> listeners = new ArrayList<>();
  private final Board board;
  private final Commands commands;
  private final EventLoopThread portThread = new EventLoopThread("guest-port");
  private final GuestPort port = new GuestPort(portThread.eventLoop());
  private final List<DeviceProcess> processes = new ArrayList<>();
  private final InProcessDevices plugs;
  private final SummaryCollector summaries;
  private final AtomicBoolean closed = new AtomicBoolean();
  private @Nullable PortAddress address;
  private volatile @Nullable Summary last;

  /**
   * Starts the hardware and its devices, and opens the guest port.
   *
   * @param events told what the hardware does
   * @throws UserException if an address cannot be used; nothing is left running then
   */
  static ExternalMachine start(MachineConfig config, EventLog events) throws UserException {
    ExternalMachine machine = new ExternalMachine(config, events);
    try {
      machine.open();
      return machine;
    } catch (IOException e) {
      throw new UserException(
          ExitCode.USAGE, e.getMessage() + "; change bus.listen or guest.port, or free it");
    } finally {
      if (machine.address == null) {
        machine.close();
      }
    }
  }

  private ExternalMachine(MachineConfig config, EventLog events) {
    this.config = config;
    hardware =
        config.guest().clock() == GuestConfig.Clock.VIRTUAL
            ? SteppedHardware.onVirtualTime(thread.eventLoop())
            : SteppedHardware.onRealTime(thread.eventLoop());
    Interception interception = new Interception(port);
    board = new Board(config, new ThreadExecution(), hardware.loop(), interception::edge, events);
    board.rootComplex().pins().connect(interception::pin);
    plugs =
        new InProcessDevices(board.rootComplex(), board.bus(), hardware.loop(), board.linkLimits());
    summaries = new SummaryCollector(board, null, new DataCheck(board.violations()));
    commands = new Commands(harnessMachine(), interception, port);
    board.onTransactionResumed(commands::transactionResumed);
    board.onSendEvent(() -> port.line("SEV"));
  }

  private HarnessMachine harnessMachine() {
    return new HarnessMachine(
        hardware,
        board.ram(),
        board.bus(),
        board.smmu(),
        config.smmu().toFeatures().platformStreams(),
        board.rootComplex(),
        board.hotPlug(),
        this::plugAnew,
        TimeUnit.MILLISECONDS.toNanos(config.bus().completionTimeoutMillis()),
        TimeUnit.MILLISECONDS.toNanos(config.bus().invalidationTimeoutMillis()));
  }

  private void open() throws IOException, UserException {
    for (String at : config.bus().listen()) {
      listeners.add(
          NettyTransport.listen(
              thread.eventLoop(),
              BusAddress.parse(at),
              board.linkLimits(),
              board.rootComplex()::newPort));
    }
    for (DeviceConfig device : config.devices()) {
      if (device.model() == DeviceConfig.DeviceModel.DMA) {
        processes.add(DeviceProcess.start(device, busAddresses().get(0)));
      }
    }
    plugIn();
    address = port.open(config.guest().port(), commands);
  }

  private void plugIn() {
    for (DeviceConfig device : config.devices()) {
      switch (device.model()) {
        case DMA -> {} // lives in a process of its own
        case EDU -> plug(device, "edu", new EduDevice(device.dmaMask()));
        case IOMMU_TESTDEV ->
            plug(device, "iommu-testdev", plugs.testDevice(device.id().requesterId()));
      }
    }
  }

  private void plug(DeviceConfig device, String kind, DeviceModel model) {
    DeviceOptions options =
        DeviceOptions.of(kind, device.label()).withRequesterId(device.id().requesterId());
    try {
      plugs.plug(model, options);
    } catch (IOException e) {
      throw new IllegalStateException("a device without a file has failed with one", e);
    }
    hardware.run(() -> {});
  }

  private void plugAnew() {
    for (DeviceConfig device : config.devices()) {
      if (device.model() != DeviceConfig.DeviceModel.DMA) {
        hardware.run(() -> board.rootComplex().unplug(device.id().requesterId()));
      }
    }
    hardware.run(board.hotPlug()::reset);
    plugIn();
  }

  @Override
  public List<String> busAddresses() {
    return listeners.stream().map(listener -> listener.address().toString()).toList();
  }

  @Override
  public @Nullable String guestPort() {
    return String.valueOf(address);
  }

  @Override
  public Summary summary() {
    Summary final_ = last;
    return final_ != null ? final_ : summaries.collect();
  }

  @Override
  public List<String> explain(Question question) {
    return board.explain(question);
  }

  @Override
  public void tellNews(Consumer<String> news) {
    board.tellNews(news);
  }

  @Override
  public Ending runScenario(Progress progress) {
    throw new IllegalStateException("a machine with an external guest has no scenario");
  }

  /** Returns when the harness that the machine connected to has gone, or the machine is closed. */
  @Override
  public void awaitEnd() {
    port.ended().join();
  }

  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    port.close();
    portThread.close();
    processes.forEach(DeviceProcess::close);
    try {
      last = summaries.collect();
    } finally {
      listeners.forEach(NettySockets.Listener::close);
      board.close();
      thread.close();
    }
  }
}
