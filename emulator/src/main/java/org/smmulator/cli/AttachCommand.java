package org.smmulator.cli;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.config.AtcGeometry;
import org.smmulator.config.BusConfig;
import org.smmulator.config.ConfigException;
import org.smmulator.config.DeviceConfig.DeviceSabotage;
import org.smmulator.config.Exposure;
import org.smmulator.config.ModelChoice;
import org.smmulator.config.ModelOptions;
import org.smmulator.config.Syntax;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceOptions;
import org.smmulator.device.DeviceTypes;
import org.smmulator.device.KnownType;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.plugin.PluginException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code smmulator attach}. */
@Command(
    name = "attach",
    description = {
      "Plugs a device into a running machine, or several, and out again with Ctrl-C.",
      "The process is the device: its caches and engines run here, not in the machine.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class)
final class AttachCommand implements Callable<Integer> {
  private static final int MOST_DEVICES = BusConfig.SLOTS * BusConfig.MOST_BUSES;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(
      paramLabel = "MODEL",
      description = "Device model, such as dma; they are listed below.")
  private String model = "";

  @Mixin private PluginOptions plugins = new PluginOptions();

  @Option(
      names = "--bus",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1:7701",
      converter = Bus.class,
      description =
          "Where the machine waits for devices: HOST:PORT or unix:PATH (default: ${DEFAULT-VALUE}).")
  private BusAddress bus = new BusAddress.Tcp(BusAddress.LOOPBACK, 0);

  @Option(
      names = "--exposed",
      description = {
        "Allow a --bus that is not on the loopback interface: whoever is between reads and changes",
        "what passes."
      })
  private boolean exposed;

  @Option(
      names = "--id",
      paramLabel = "BB:DD.F",
      converter = Id.class,
      description = "Bus, device and function to take, such as 00:04.0 (default: a free one).")
  private @Nullable PciAddress id;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Devices of this process, each on a link of its own, 1 to "
              + MOST_DEVICES
              + " (default: ${DEFAULT-VALUE}).")
  private int count;

  @Option(
      names = "--atc",
      paramLabel = "SETSxWAYS",
      defaultValue = "64x4",
      converter = Atc.class,
      description = "Geometry of the address translation cache (default: ${DEFAULT-VALUE}).")
  private AtcGeometry atc = new AtcGeometry(64, 4);

  @Option(
      names = "--option",
      paramLabel = "NAME=VALUE",
      description = "Option of the model, as in a machine file; see below.")
  private Map<String, String> modelOptions = Map.of();

  @Option(names = "--queues", paramLabel = "N", description = "Short for --option queues=N.")
  private @Nullable String queues;

  @Option(names = "--pri", paramLabel = "N", description = "Short for --option pri=N.")
  private @Nullable String pri;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Name for tables and logs (default: the model, with the id if given).")
  private @Nullable String name;

  @Option(
      names = "--stall",
      description = {
        "For a slot with devices[].stall: no ATS and no PRI, and what is written is known to be in",
        "memory before more is done."
      })
  private boolean stall;

  @Option(
      names = "--record",
      paramLabel = "FILE",
      description = "Write every event of the ATC to a file, one line each.")
  private @Nullable Path record;

  @Option(
      names = "--sabotage",
      paramLabel = "BUG",
      converter = Sabotage.class,
      description = "Plant a bug, to see the machine's checks find it: keep-invalidated.")
  private @Nullable DeviceSabotage sabotage;

  PluginOptions plugins() {
    return plugins;
  }

  /** What was given for MODEL; empty if nothing was. */
  String modelName() {
    return model;
  }

  @Override
  public Integer call() throws UserException, InterruptedException {
    plugins.use();
    ModelChoice choice = choice();
    if (!exposed && Exposure.isExposed(bus)) {
      throw new UserException(
          ExitCode.USAGE,
          "--bus: " + bus + " is not on the loopback interface; add --exposed if that is meant");
    }
    if (name != null && !Syntax.TEXT.matches(name)) {
      throw new UserException(
          ExitCode.USAGE, "--name: the name is not right; use " + Syntax.TEXT.right());
    }
    checkCount();
    if (record != null) {
      Output.requireWritable("--record", record);
    }
    int loops = Math.min(count, Runtime.getRuntime().availableProcessors());
    var group = new MultiThreadIoEventLoopGroup(loops, NioIoHandler.newFactory());
    try {
      return serve(AttachedDevices.connect(group, bus, count, () -> device(choice), this::options))
          .code();
    } finally {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
  }

  private static void check(String option, int value, int min, int max) throws UserException {
    if (value < min || value > max) {
      throw new UserException(
          ExitCode.USAGE, option + ": " + value + " is out of range; use " + min + " to " + max);
    }
  }

  /** An id is one device's, and so is a file of one ATC's events. */
  private void checkCount() throws UserException {
    check("--count", count, 1, MOST_DEVICES);
    if (count > 1 && (id != null || record != null)) {
      throw new UserException(
          ExitCode.USAGE,
          "--count: "
              + (id != null ? "--id" : "--record")
              + " is for one device; leave it out, or --count");
    }
  }

  private ModelChoice choice() throws UserException {
    DeviceTypes types = DeviceTypes.offered();
    KnownType type = types.named(model.toLowerCase(Locale.ROOT));
    if (type == null) {
      throw new UserException(
          ExitCode.USAGE,
          "'%s' is not a device model; use %s".formatted(model, String.join(", ", types.names())));
    }
    if (type.needsSystemMemory()) {
      throw new UserException(
          ExitCode.USAGE,
          type.name()
              + " reads memory past the SMMU, and so lives in a machine only; list it under devices"
              + " in a file with guest: external");
    }
    model = type.name();
    List<ModelOptions.Given> given = new ArrayList<>();
    modelOptions.forEach(
        (option, value) -> given.add(new ModelOptions.Given("--option", option, value)));
    if (queues != null) {
      given.add(new ModelOptions.Given("--queues", "queues", queues));
    }
    if (pri != null) {
      given.add(new ModelOptions.Given("--pri", "pri", pri));
    }
    try {
      return ModelOptions.choose(type, given);
    } catch (ConfigException e) {
      throw new UserException(ExitCode.USAGE, String.join("; ", e.problems()));
    }
  }

  private static DeviceModel device(ModelChoice choice) throws UserException {
    try {
      return choice.create();
    } catch (PluginException e) {
      throw new UserException(ExitCode.USAGE, "there is no device: " + e.getMessage());
    }
  }

  private DeviceOptions options(int number) {
    String unnamed = id == null ? model : model + "@" + id;
    String named = name == null ? unnamed : name;
    DeviceOptions options =
        DeviceOptions.of(model, count == 1 ? named : named + "-" + number)
            .withAtc(atc.sets(), atc.ways())
            .withKeepInvalidated(sabotage == DeviceSabotage.KEEP_INVALIDATED)
            .withStalling(stall);
    if (id != null) {
      options = options.withRequesterId(id.requesterId());
    }
    return record == null ? options : options.withRecord(record);
  }

  /** Until Ctrl-C, or until the machine has ended all links. */
  private ExitCode serve(AttachedDevices devices) throws UserException, InterruptedException {
    Output output = Output.of(spec);
    String attached = count == 1 ? model + " is" : count + " " + model + " are";
    output.print(
        attached
            + " attached as "
            + devices.addresses()
            + " to "
            + bus
            + "; Ctrl-C detaches "
            + (count == 1 ? "it" : "them"));
    if (output.out().checkError()) {
      devices.detach();
      return ExitCode.OK; // but for the output, as is said at the end of every command
    }
    SignalHook hook = SignalHook.add(devices::detach);
    try {
      throw new UserException(ExitCode.UNREACHABLE, "device " + devices.awaitClosed());
    } finally {
      hook.remove();
    }
  }

  private static final class Bus implements ITypeConverter<BusAddress> {
    @Override
    public BusAddress convert(String text) {
      try {
        return BusAddress.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  static final class Id implements ITypeConverter<PciAddress> {
    @Override
    public PciAddress convert(String text) {
      try {
        return PciAddress.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  private static final class Atc implements ITypeConverter<AtcGeometry> {
    @Override
    public AtcGeometry convert(String text) {
      try {
        return AtcGeometry.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  private static final class Sabotage implements ITypeConverter<DeviceSabotage> {
    @Override
    public DeviceSabotage convert(String text) {
      if (!text.equals("keep-invalidated")) {
        throw new TypeConversionException("'" + text + "' is no such bug; use keep-invalidated");
      }
      return DeviceSabotage.KEEP_INVALIDATED;
    }
  }
}
