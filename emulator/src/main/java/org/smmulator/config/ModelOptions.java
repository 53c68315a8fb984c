package org.smmulator.config;

import java.util.List;
import org.smmulator.device.KnownType;
import org.smmulator.device.ModelOption;
import org.smmulator.device.ModelOption.Flag;
import org.smmulator.device.ModelOption.Whole;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/** The options of device models on a command line. */
public final class ModelOptions {
  private static final JsonMapper JSON = new JsonMapper();

  /**
   * A value that somebody gives.
   *
   * @param option of the command line, such as {@code --option}
   * @param name of the model's option
   * @param text of the value
   */
  public record Given(String option, String name, String text) {}

  private ModelOptions() {}

  /** What an option chooses, what is right, and the default, for people. */
  public static String described(ModelOption option) {
    String fallback = option.fallback().toString();
    return "%s %s (default: %s)."
        .formatted(option.help(), ModelShape.right(option), fallback.isEmpty() ? "none" : fallback);
  }

  /**
   * A model with these values, and the defaults for all others.
   *
   * @throws ConfigException if one of them is wrong; the message says which and what is right
   */
  public static ModelChoice choose(KnownType type, List<Given> all) throws ConfigException {
    ModelChoice choice = ModelChoice.of(type.name());
    for (Given given : all) {
      ModelOption option = type.option(given.name);
      if (option == null) {
        throw new ConfigException(
            "%s: %s has no option %s; it has %s"
                .formatted(given.option, type.name(), given.name, names(type)));
      }
      choice = choice.with(given.name, value(option, given));
    }
    return choice;
  }

  private static String names(KnownType type) {
    List<String> names = ModelShape.keys(type);
    return names.isEmpty() ? "none" : String.join(", ", names);
  }

  private static Object value(ModelOption option, Given given) throws ConfigException {
    Place place = Place.option(given.option);
    Problems problems = new Problems(place);
    String path = given.option.equals("--" + given.name) ? "" : given.name;
    JsonNode node =
        option instanceof Whole || option instanceof Flag
            ? YamlTree.read(place, given.text, path, problems)
            : JsonNodeFactory.instance.stringNode(given.text);
    JsonNode value = new ModelShape(problems).value(present(node), option, path);
    problems.throwIfAny();
    return JSON.treeToValue(value, Object.class);
  }

  private static JsonNode present(JsonNode node) {
    return node.isMissingNode() ? JsonNodeFactory.instance.nullNode() : node;
  }
}
