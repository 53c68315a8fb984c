package org.smmulator.junit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.ByteArrayOutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.testkit.engine.EngineTestKit;

/** The test that the README shows, as it stands there. */
class ReadmeExampleTest {
  private static final Pattern BLOCK = Pattern.compile("(?s)```java\n(.*?)```");
  private static final Pattern TYPE = Pattern.compile("(?m)^class (\\w+) ");

  @TempDir private Path folder;

  @Test
  void compilesAndPasses() throws Exception {
    String source = example();
    assertThat(source.substring(source.indexOf("@SmmulatorMachine"))).hasLineCount(10);
    Matcher type = TYPE.matcher(source);
    assertThat(type.find()).as(source).isTrue();
    Path file = Files.writeString(folder.resolve(type.group(1) + ".java"), source);
    compile(file);
    URL[] compiled = {folder.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(compiled, getClass().getClassLoader())) {
      EngineTestKit.engine("junit-jupiter")
          .selectors(selectClass(loader.loadClass(type.group(1))))
          .execute()
          .testEvents()
          .assertStatistics(events -> events.started(1).succeeded(1));
    }
  }

  private static String example() throws Exception {
    Matcher block = BLOCK.matcher(Files.readString(Path.of("../../README.md")));
    while (block.find()) {
      if (block.group(1).contains("org.smmulator.junit")) {
        return block.group(1);
      }
    }
    throw new AssertionError("the README has no test of a machine");
  }

  private void compile(Path file) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                said,
                said,
                "-proc:none",
                "-Xlint:all,-processing",
                "-Werror",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                folder.toString(),
                file.toString());
    assertThat(result).as(said.toString(UTF_8)).isZero();
  }
}
