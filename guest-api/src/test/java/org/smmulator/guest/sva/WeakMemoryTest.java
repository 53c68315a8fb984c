package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jcstress.Main;
import org.smmulator.guest.sched.KrefLastPut;
import org.smmulator.guest.sched.KrefPublication;

/**
 * Scenario 4, reference count and publication on real processors. The explorer of the other tests
 * switches tasks at scheduling points, and Lincheck ({@code KrefInterleavingsTest}) at each access
 * of memory, but both let every task see the last write. JCStress runs small programs on two
 * processors at once, compiled in several ways, and so sees what they and the compiler reorder. On
 * x86 that is little: stores are seen in their order, and a reference count that is published by a
 * plain write, after the rest, goes unnoticed. What only weaker processors would show is not shown
 * here.
 */
class WeakMemoryTest {
  /** Stops as soon as what is looked for is seen; a starved machine may need some of them. */
  private static final int MAX_RUNS = 20;

  /** A line of JCStress's table: result, how often it was seen, in percent, what it is. */
  private static final Pattern SAMPLES =
      Pattern.compile("(?m)^ +\\S.*? +([0-9,]+) +<?[0-9.]+% +(Acceptable|Forbidden) ");

  @TempDir Path directory;

  /** What a run of JCStress ended with. */
  private record Stress(int exit, String output) {
    /** How often a program ran to its end. */
    long samples(Class<?> program) {
      String results = output.substring(output.indexOf("RUN RESULTS"));
      String ofProgram = results.substring(results.indexOf("] " + program.getName()) + 2);
      int next = ofProgram.indexOf("] ");
      return SAMPLES
          .matcher(next < 0 ? ofProgram : ofProgram.substring(0, next))
          .results()
          .mapToLong(line -> Long.parseLong(line.group(1).replace(",", "")))
          .sum();
    }
  }

  @Test
  void nobodySeesWhatIsForbidden() throws Exception {
    Class<?>[] programs = {KrefPublication.class, KrefLastPut.class, IoMmPublication.class};
    Stress stress = run(programs);
    assertThat(stress.exit).as(stress.output).isZero();
    for (Class<?> program : programs) {
      long samples = stress.samples(program);
      assertThat(samples).as(stress.output).isPositive();
      System.err.println(program.getSimpleName() + ": ran " + samples + " times");
    }
  }

  @Test
  void noticesReferencesDroppedByPlainWrites() throws Exception {
    assertNoticed(PlantedBug.REFERENCES_DROPPED_BY_PLAIN_WRITES, KrefLastPut.class);
  }

  @Test
  void noticesAPasidWrittenAfterThePublication() throws Exception {
    assertNoticed(PlantedBug.PASID_WRITTEN_AFTER_PUBLICATION, IoMmPublication.class);
  }

  private void assertNoticed(PlantedBug bug, Class<?> program) throws Exception {
    bug.writeTo(directory);
    long samples = 0;
    for (int runs = 1; runs <= MAX_RUNS; runs++) {
      Stress stress = run(program);
      samples += stress.samples(program);
      if (stress.output.contains("Observed forbidden state")) {
        System.err.printf(
            "%s: found by %s in run %d after at most %d times%n",
            bug, program.getSimpleName(), runs, samples);
        return;
      }
      assertThat(stress.exit).as(stress.output).isZero();
    }
    throw new AssertionError(bug + " was not seen in " + samples + " runs of " + program);
  }

  /** In a process of its own, which starts others: classes with a planted bug come first. */
  private Stress run(Class<?>... programs) throws IOException, InterruptedException {
    Path output = directory.resolve("output.txt");
    String classPath = directory + File.pathSeparator + System.getProperty("java.class.path");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", classPath, Main.class.getName()));
    String names = Stream.of(programs).map(Class::getName).collect(Collectors.joining("|"));
    command.addAll(List.of("-v", "-t", "(" + names + ")"));
    // Few, short and small: the budget of all tests is minutes.
    command.addAll(List.of("-f", "1", "-iters", "1", "-time", "500", "-c", "2", "-af", "NONE"));
    command.addAll(List.of("-sc", "false", "-strideSize", "128", "-strideCount", "2"));
    command.addAll(List.of("-jvmArgs", "-Xmx256m", "-r", directory.toString()));
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    int exit = process.waitFor();
    return new Stress(exit, Files.readString(output));
  }
}
