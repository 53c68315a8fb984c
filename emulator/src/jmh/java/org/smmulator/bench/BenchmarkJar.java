package org.smmulator.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** The benchmarks of one build, run in JVMs of their own: those that a user would get from it. */
final class BenchmarkJar {
  /**
   * How long one run measures.
   *
   * @param warmups iterations that do not count
   * @param iterations those that do
   * @param millis real time of each
   */
  record Effort(int warmups, int iterations, int millis) {
    double seconds() {
      return (warmups + iterations) * millis / 1000.0;
    }
  }

  private final String name;
  private final String classPath;
  private final List<String> properties;
  private final Path folder;

  /**
   * @param name for people
   * @param classPath what to run
   * @param properties system properties, NAME=VALUE each
   * @param folder for files of its own; it holds {@link JavaThreadsCpu}, which older jars lack
   */
  BenchmarkJar(String name, String classPath, List<String> properties, Path folder) {
    this.name = name;
    this.classPath = classPath;
    this.properties = properties;
    this.folder = folder;
  }

  static BenchmarkJar open(Path jar, List<String> properties, Path folder)
      throws ComparisonException {
    if (!Files.isRegularFile(jar)) {
      throw new ComparisonException(
          jar
              + ": no such jar; build one with 'mvn -DskipTests package' and copy"
              + " emulator/target/benchmarks.jar");
    }
    return new BenchmarkJar(jar.toString(), jar.toString(), properties, folder);
  }

  /** Puts the profiler where children find it behind whatever jar they run. */
  static void installProfiler(Path folder) throws IOException {
    String resource = JavaThreadsCpu.class.getName().replace('.', '/') + ".class";
    Path file = folder.resolve(resource);
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    try (InputStream in = BenchmarkJar.class.getClassLoader().getResourceAsStream(resource)) {
      Files.write(file, Objects.requireNonNull(in, resource).readAllBytes());
    }
  }

  List<BenchmarkRow> rows() throws ComparisonException, IOException, InterruptedException {
    List<BenchmarkRow> rows = BenchmarkRow.parse(run("-lp").lines().toList());
    if (rows.isEmpty()) {
      throw new ComparisonException(name + ": holds no benchmarks; name a benchmarks.jar");
    }
    return rows;
  }

  Measured measure(BenchmarkRow row, Effort effort)
      throws ComparisonException, IOException, InterruptedException {
    Path json = folder.resolve("result.json");
    List<String> arguments = new ArrayList<>();
    arguments.add("^" + row.benchmark().replace(".", "\\.") + "$");
    row.parameters().forEach((key, value) -> arguments.addAll(List.of("-p", key + "=" + value)));
    String time = effort.millis + "ms";
    arguments.addAll(List.of("-f", "0", "-wi", "" + effort.warmups, "-i", "" + effort.iterations));
    arguments.addAll(List.of("-w", time, "-r", time, "-tu", "ns", "-foe", "true"));
    arguments.addAll(List.of("-prof", JavaThreadsCpu.class.getName()));
    arguments.addAll(List.of("-rf", "json", "-rff", json.toString()));
    run(arguments.toArray(String[]::new));
    return Measured.parse(Files.readString(json));
  }

  /** What JMH prints in a JVM that runs on these classes. */
  private String run(String... arguments)
      throws ComparisonException, IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    properties.forEach(property -> command.add("-D" + property));
    command.addAll(List.of("-cp", classPath + File.pathSeparator + folder));
    command.add("org.openjdk.jmh.Main");
    command.addAll(Arrays.asList(arguments));
    Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      child.getOutputStream().close();
      String printed = new String(child.getInputStream().readAllBytes(), UTF_8);
      if (child.waitFor() != 0) {
        throw new ComparisonException(name + ": JMH failed, and said:\n" + printed.strip());
      }
      return printed;
    } finally {
      child.destroy();
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
