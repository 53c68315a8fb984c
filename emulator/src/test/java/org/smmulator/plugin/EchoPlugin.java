package org.smmulator.plugin;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Device types of somebody's jar: a good one, {@code echo}, and others that harm themselves. */
public final class EchoPlugin {
  /** Property of the JVM: set to let go a register read that blocks. */
  public static final String RELEASE = "smmulator.test.release";

  // Registers of an echo, 8 bytes each.
  public static final int LANES = 0;
  public static final int THROWS = 8;
  public static final int BLOCKS = 16;
  public static final int FAILS_TO_LINK = 24;

  private static final String BASE =
      """
      package plug;
      import java.util.*;
      import org.smmulator.device.*;
      public abstract class Base implements DeviceType {
        @Override public String name() { return getClass().getSimpleName().toLowerCase(Locale.ROOT); }
        @Override public String help() { return "A type of a test."; }
        @Override public DeviceModel create(ModelSettings settings) { return new Registers(0); }
      }
      """;

  private static final String REGISTERS =
      """
      package plug;
      import org.smmulator.device.*;
      public class Registers implements DeviceModel {
        private final long lanes;
        public Registers(long lanes) { this.lanes = lanes; }
        @Override public PciFunction function() {
          return PciFunction.builder(0x1af4, 0x7701, 0xff0000).memoryBar64(0, 4096).build();
        }
        @Override public void start(DeviceContext context) {}
        @Override public long readBar(int bar, long offset, int sizeBytes) {
          switch ((int) offset) {
            case 8: throw new IllegalStateException("planted");
            case 16: while (System.getProperty("smmulator.test.release") == null) { nap(); } return 1;
            case 24: throw new NoClassDefFoundError("planted");
            default: return lanes;
          }
        }
        private static void nap() {
          try { Thread.sleep(5); } catch (InterruptedException e) { throw new IllegalStateException(e); }
        }
        @Override public void writeBar(int bar, long offset, int sizeBytes, long value) {}
        @Override public void reset() {}
        @Override public void stop() {}
      }
      """;

  private static final String ECHO =
      """
      package plug;
      import java.util.*;
      import org.smmulator.device.*;
      public class Echo extends Base {
        @Override public String help() { return "Tells how many lanes it has."; }
        @Override public List<ModelOption> options() {
          return List.of(
              new ModelOption.Whole("lanes", "Lanes that it has.", "lanes", 4, 1, 16),
              new ModelOption.Flag("loud", "Whether it is loud.", false),
              new ModelOption.Choice("speed", "How fast it is.", "slow", List.of("slow", "fast")),
              new ModelOption.Text("label", "What it is called.", "nothing"));
        }
        @Override public DeviceModel create(ModelSettings settings) {
          long speed = settings.text("speed").equals("fast") ? 1000 : 0;
          long loud = settings.flag("loud") ? 100 : 0;
          return new Registers(settings.number("lanes") + speed + loud);
        }
        @Override public boolean hasAtc() { return false; }
      }
      """;

  /** What makes each of the bad ones bad. */
  private static final Map<String, String> BAD =
      Map.of(
          "BadConstructor",
          "public BadConstructor() { throw new IllegalStateException(\"planted\"); }",
          "BadOptions",
          "@Override public List<ModelOption> options() { throw new AssertionError(\"planted\"); }",
          "NullOption",
          "@Override public List<ModelOption> options() { return Arrays.asList((ModelOption) null); }",
          "TwiceOption",
          "@Override public List<ModelOption> options() { var one = new ModelOption.Flag(\"one\","
              + " \"One.\", true); return List.of(one, one); }",
          "BadDefault",
          "@Override public List<ModelOption> options() { return List.of(new"
              + " ModelOption.Whole(\"one\", \"One.\", \"\", 9, 0, 8)); }",
          "KeyOfAll",
          "@Override public List<ModelOption> options() { return List.of(new"
              + " ModelOption.Flag(\"atc\", \"One.\", true)); }",
          "BadName",
          "@Override public String name() { return \"No Name\"; }",
          "SecondDma",
          "@Override public String name() { return \"dma\"; }",
          "NullHelp",
          "@Override public String help() { return null; }");

  /** What fails only when a device is made. */
  private static final Map<String, String> MAKES_NONE =
      Map.of(
          "BadCreate",
          "@Override public DeviceModel create(ModelSettings s) { throw new"
              + " IllegalStateException(\"planted\"); }",
          "NullCreate",
          "@Override public DeviceModel create(ModelSettings s) { return null; }",
          "BadFunction",
          "@Override public DeviceModel create(ModelSettings s) { return new Registers(0) {"
              + " @Override public PciFunction function() { throw new LinkageError(\"planted\"); }"
              + " }; }",
          "BlockingCreate",
          "@Override public DeviceModel create(ModelSettings s) { while (true) { try {"
              + " Thread.sleep(60_000); } catch (InterruptedException e) { return null; } } }");

  private static final String BLOCKING_CONSTRUCTOR =
      "public BlockingConstructor() throws Exception { Thread.currentThread().join(); }";

  private EchoPlugin() {}

  /** Writes {@code echo.jar}, with the good one. */
  public static void good(Path folder) throws IOException {
    jar().source("plug.Echo", ECHO).service(TYPE, "plug.Echo").writeTo(folder, "echo.jar");
  }

  /** Writes {@code bad.jar}: those that say what cannot be. */
  public static void bad(Path folder) throws IOException {
    write(folder, "bad.jar", BAD);
  }

  /** Writes {@code none.jar}: those that make no device. */
  public static void makesNone(Path folder) throws IOException {
    write(folder, "none.jar", MAKES_NONE);
  }

  /** Writes {@code blocking.jar}: one whose constructor does not return. */
  public static void blocking(Path folder) throws IOException {
    write(folder, "blocking.jar", Map.of("BlockingConstructor", BLOCKING_CONSTRUCTOR));
  }

  private static final String TYPE = "org.smmulator.device.DeviceType";

  private static PluginJar jar() {
    return new PluginJar().source("plug.Base", BASE).source("plug.Registers", REGISTERS);
  }

  private static void write(Path folder, String name, Map<String, String> types)
      throws IOException {
    PluginJar jar = jar();
    types.forEach(
        (type, members) ->
            jar.source(
                "plug." + type,
                "package plug; import java.util.*; import org.smmulator.device.*;\npublic class %s extends Base { %s }\n"
                    .formatted(type, members)));
    jar.service(TYPE, types.keySet().stream().map(type -> "plug." + type).toArray(String[]::new));
    jar.writeTo(folder, name);
  }
}
