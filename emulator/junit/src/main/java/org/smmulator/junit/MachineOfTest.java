package org.smmulator.junit;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor.Invocation;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;
import org.smmulator.api.MachineSetup;
import org.smmulator.api.Smmulator;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.metrics.SummaryTables;
import org.smmulator.metrics.Verdict;

/** The machine of one test, from before it until its verdict. */
final class MachineOfTest implements AutoCloseable {
  /** Repeats a test of a simulated machine. */
  static final String SEED = "smmulator.seed";

  private static final Pattern INVOCATION =
      Pattern.compile(".*\\[test-template-invocation:#(\\d+)]");

  private final Smmulator machine;
  private final boolean judged;

  private MachineOfTest(Smmulator machine, boolean judged) {
    this.machine = machine;
    this.judged = judged;
  }

  static MachineOfTest start(SmmulatorMachine wanted, ExtensionContext context) throws Exception {
    MachineSetup setup = setup(wanted, context.getRequiredTestClass());
    for (String value : wanted.with()) {
      try {
        setup = setup.with(value);
      } catch (IllegalArgumentException e) {
        throw new ExtensionConfigurationException("with: " + e.getMessage(), e);
      }
    }
    if (wanted.simulated()) {
      setup = setup.simulated(seed(wanted.seed(), context.getUniqueId()));
    }
    return new MachineOfTest(Smmulator.start(setup), wanted.verdict());
  }

  private static MachineSetup setup(SmmulatorMachine wanted, Class<?> test) {
    if (wanted.value().isEmpty() == wanted.yaml().isEmpty()) {
      throw new ExtensionConfigurationException(
          "@SmmulatorMachine needs a machine file, or yaml = \"..\"; one of the two");
    }
    return wanted.value().isEmpty()
        ? MachineSetup.ofYaml(wanted.yaml())
        : MachineSetup.ofFile(file(wanted.value(), test));
  }

  private static Path file(String name, Class<?> test) {
    Path file = Path.of(name);
    if (Files.exists(file)) {
      return file;
    }
    URL resource = test.getClassLoader().getResource(name);
    if (resource == null || !resource.getProtocol().equals("file")) {
      throw new ExtensionConfigurationException(
          "there is no machine file "
              + name
              + ", neither in "
              + Path.of("").toAbsolutePath()
              + " nor as a file on the class path");
    }
    try {
      return Path.of(resource.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(resource + " is no file", e);
    }
  }

  /** The first invocation of a test has the first seed. */
  private static long seed(long first, String uniqueId) {
    String told = System.getProperty(SEED);
    if (told != null) {
      try {
        return Long.parseLong(told);
      } catch (NumberFormatException e) {
        throw new ExtensionConfigurationException(SEED + ": '" + told + "' is no whole number", e);
      }
    }
    Matcher invocation = INVOCATION.matcher(uniqueId);
    return invocation.matches() ? first + Long.parseLong(invocation.group(1)) - 1 : first;
  }

  Smmulator machine() {
    return machine;
  }

  /** Runs a part of the test, inside of a simulated machine. */
  <T> T run(Invocation<T> invocation) throws Throwable {
    try {
      return machine.call(() -> proceed(invocation));
    } catch (Thrown e) {
      throw e.getCause();
    }
  }

  private static <T> T proceed(Invocation<T> invocation) throws Exception {
    try {
      return invocation.proceed();
    } catch (Exception | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new Thrown(e);
    }
  }

  /** Carries what is neither an exception nor an error. */
  private static final class Thrown extends Exception {
    private static final long serialVersionUID = 1L;

    Thrown(Throwable cause) {
      super(cause);
    }
  }

  /**
   * The test is over.
   *
   * @param failure what it failed with; null if it did not
   */
  void end(@Nullable Throwable failure) {
    machine.close();
    AssertionFailedError found = judged ? found() : null;
    if (failure != null && !(failure instanceof TestAbortedException)) {
      tellSeed(failure);
      if (found != null) {
        failure.addSuppressed(found); // often why
      }
    } else if (found != null) {
      tellSeed(found);
      throw found;
    }
  }

  /** What the machine's checks have against it; of one whose run has failed nobody knows. */
  private @Nullable AssertionFailedError found() {
    Verdict verdict;
    try {
      verdict = machine.verdict();
    } catch (IllegalStateException e) {
      return null;
    }
    if (!verdict.faultless()) {
      return new AssertionFailedError(
          "the machine's checks found something\n" + SummaryTables.verdict(verdict));
    }
    Map<PciAddress, Throwable> threw = machine.modelFailures();
    if (threw.isEmpty()) {
      return null;
    }
    String sentence =
        threw.entrySet().stream()
            .map(
                each -> "the model of device %s threw %s".formatted(each.getKey(), each.getValue()))
            .collect(Collectors.joining("; "));
    return new AssertionFailedError(sentence, threw.values().iterator().next());
  }

  private void tellSeed(Throwable failure) {
    if (machine.seed().isPresent()) {
      String sentence =
          "the machine was simulated with seed %1$d; -D%2$s=%1$d repeats it"
              .formatted(machine.seed().getAsLong(), SEED);
      failure.addSuppressed(new SeedOfRun(sentence));
      System.err.println(sentence);
    }
  }

  /** Stands beside a failure, for reports. */
  private static final class SeedOfRun extends Exception {
    private static final long serialVersionUID = 1L;

    SeedOfRun(String sentence) {
      super(sentence, null, false, false);
    }
  }

  /** Whatever becomes of the test, its machine ends. */
  @Override
  public void close() {
    machine.close();
  }
}
