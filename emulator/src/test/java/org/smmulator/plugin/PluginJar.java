package org.smmulator.plugin;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** A jar of plug-ins, made of sources as its author would, against the class path of the tests. */
public final class PluginJar {
  private final Map<String, String> sources = new LinkedHashMap<>();
  private final Map<String, List<String>> services = new LinkedHashMap<>();

  /** Adds a class. */
  public PluginJar source(String className, String text) {
    sources.put(className, text);
    return this;
  }

  /** Adds all files below a folder of sources. */
  public PluginJar sources(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
        String relative = root.relativize(file).toString().replaceAll("\\.java$", "");
        sources.put(relative.replace('/', '.').replace('\\', '.'), Files.readString(file));
      }
    }
    return this;
  }

  /** Lists classes under the name of a type. */
  public PluginJar service(String type, String... classes) {
    services.put(type, List.of(classes));
    return this;
  }

  /** Lists what the files of a folder {@code META-INF/services} list. */
  public PluginJar services(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        services.put(file.getFileName().toString(), Files.readAllLines(file));
      }
    }
    return this;
  }

  /**
   * Compiles and packs it.
   *
   * @return the jar
   */
  public Path writeTo(Path folder, String name) throws IOException {
    Path classes = Files.createTempDirectory(folder, "classes");
    compile(classes);
    Path jar = folder.resolve(name);
    try (OutputStream file = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(file);
        Stream<Path> compiled = Files.walk(classes)) {
      for (Path each : compiled.filter(Files::isRegularFile).toList()) {
        zip.putNextEntry(new ZipEntry(classes.relativize(each).toString().replace('\\', '/')));
        Files.copy(each, zip);
      }
      for (Map.Entry<String, List<String>> service : services.entrySet()) {
        zip.putNextEntry(new ZipEntry("META-INF/services/" + service.getKey()));
        zip.write(String.join("\n", service.getValue()).getBytes(UTF_8));
      }
    }
    return jar;
  }

  private void compile(Path classes) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<JavaFileObject> units = new ArrayList<>();
    sources.forEach((name, text) -> units.add(new Source(name, text)));
    StringWriter said = new StringWriter();
    List<String> options =
        List.of(
            "-d",
            classes.toString(),
            "-cp",
            System.getProperty("java.class.path"),
            "-proc:none",
            "--release",
            "17");
    if (!compiler.getTask(said, null, null, options, null, units).call()) {
      throw new IOException("the plug-in does not compile:\n" + said);
    }
  }

  /** A file that is none. */
  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String className, String text) {
      super(URI.create("string:///" + className.replace('.', '/') + ".java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
