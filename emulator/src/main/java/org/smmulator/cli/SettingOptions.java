package org.smmulator.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.Setting;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import picocli.CommandLine.Option;

/** The options whose values count instead of a machine file's. */
final class SettingOptions {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./:@%+=,-]+");

  @Option(
      names = "--bus",
      paramLabel = "ADDRESS",
      description = "Where devices attach, instead of bus.listen; for several give it again.")
  private List<String> bus = List.of();

  @Option(
      names = "--http",
      paramLabel = "HOST:PORT",
      description = "Address of the HTTP server instead of http.listen; port 0 takes a free one.")
  private @Nullable String http;

  @Option(names = "--no-http", description = "Start no HTTP server, whatever http.listen says.")
  private boolean noHttp;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = {
        "Any key of the file with another value, as YAML: smmu.tlbEntries=64,",
        "devices[0].atc=16x4, devices[large-atc].atc=16x4, 'devices[2]={id: 00:06.0, model: dma}'.",
        "The options above count last."
      })
  private List<String> set = List.of();

  List<Setting> settings() throws UserException {
    List<Setting> settings = new ArrayList<>();
    for (String each : set) {
      try {
        settings.add(Setting.parse("--set", each));
      } catch (IllegalArgumentException e) {
        throw new UserException(ExitCode.USAGE, "--set: " + e.getMessage());
      }
    }
    if (!bus.isEmpty()) {
      settings.add(Setting.ofTexts("--bus", "bus.listen", bus));
    }
    if (noHttp && http != null) {
      throw new UserException(
          ExitCode.USAGE, "--http and --no-http say opposite things; leave out one of them");
    }
    if (noHttp) {
      settings.add(Setting.parse("--no-http", "http.listen=null"));
    }
    if (http != null) {
      settings.add(Setting.ofText("--http", "http.listen", http));
    }
    return settings;
  }

  /** These options again, each behind a space, as a shell would take them. */
  String words() {
    StringBuilder words = new StringBuilder();
    bus.forEach(each -> words.append(" --bus ").append(quoted(each)));
    if (http != null) {
      words.append(" --http ").append(quoted(http));
    }
    words.append(noHttp ? " --no-http" : "");
    set.forEach(each -> words.append(" --set ").append(quoted(each)));
    return words.toString();
  }

  static String quoted(String word) {
    return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
