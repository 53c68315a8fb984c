package org.smmulator.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads machine files. Three passes: YAML to a tree with line numbers, with what it includes, into
 * which options may put other values; the tree against the shape of the records (which also fills
 * in defaults); the bound records against the rules between keys.
 */
public final class ConfigFile {
  private static final int MAX_BYTES = 1 << 20;
  private static final JsonMapper STRICT =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .addModule(RecordConstructors.module())
          .addMixIn(PciAddress.class, PciAddressText.class)
          .build();

  private ConfigFile() {}

  public static MachineConfig load(Path file) throws ConfigException {
    return load(file, List.of());
  }

  /**
   * Reads a machine file.
   *
   * @param settings values instead of the file's; of two for the same key the later one counts
   */
  public static MachineConfig load(Path file, List<Setting> settings) throws ConfigException {
    String text = read(file);
    return parse(file.toString(), text, settings, Includes.of(file));
  }

  /** Reads a machine from text; {@code name} stands for the file in error sentences. */
  public static MachineConfig parse(String name, String yaml) throws ConfigException {
    return parse(name, yaml, List.of());
  }

  /** As above, with values instead of the text's. */
  public static MachineConfig parse(String name, String yaml, List<Setting> settings)
      throws ConfigException {
    return parse(name, yaml, settings, null);
  }

  /**
   * @param includes what it may include; null if that is nothing
   */
  private static MachineConfig parse(
      String name, String yaml, List<Setting> settings, @Nullable Includes includes)
      throws ConfigException {
    Problems problems = new Problems(name);
    JsonNode tree = YamlTree.read(name, yaml, problems, includes);
    for (Setting setting : settings) {
      SetTree.put(setting, tree, problems);
    }
    JsonNode complete = new Shape(problems).complete(tree, MachineConfig.class);
    problems.throwIfAny();
    MachineConfig config = bind(complete, MachineConfig.class);
    new MachineRules(problems).check(config);
    problems.throwIfAny();
    return config;
  }

  /** What passed a {@link Shape}. */
  static <T> T bind(JsonNode complete, Class<T> type) {
    return STRICT.treeToValue(complete, type);
  }

  static String read(Path file) throws ConfigException {
    try {
      if (Files.isDirectory(file)) {
        throw unreadable(
            file, "is a directory; name a machine file such as configs/quickstart.yaml");
      }
      byte[] bytes;
      try (var in = Files.newInputStream(file)) {
        bytes = in.readNBytes(MAX_BYTES + 1);
      }
      if (bytes.length > MAX_BYTES) {
        throw unreadable(file, "is larger than 1 MiB; a machine file is a few kilobytes of YAML");
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (NoSuchFileException e) {
      throw unreadable(file, "no such file; check the path from " + Path.of("").toAbsolutePath());
    } catch (AccessDeniedException e) {
      throw unreadable(file, "may not be read; give yourself read permission");
    } catch (CharacterCodingException e) {
      throw unreadable(file, "is not UTF-8 text; a machine file is YAML in UTF-8");
    } catch (IOException e) {
      throw unreadable(file, "cannot be read (" + e.getMessage() + "); check the file");
    }
  }

  private static ConfigException unreadable(Path file, String sentence) {
    return new ConfigException(file + ": " + sentence);
  }
}
