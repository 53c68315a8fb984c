package org.smmulator.qmp;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.TooLongFrameException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.qmp.QmpException.Kind;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One conversation: a greeting, {@code qmp_capabilities}, then commands, each answered in its turn
 * with {@code return} or {@code error} and the {@code id} that it had. No events are sent, and no
 * capability is offered. While the client does not take its answers, nothing more is read from it.
 */
final class QmpSession extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(QmpSession.class);

  /** The QEMU whose machine configs/qemu-virt.yaml resembles. */
  private static final int QEMU_MAJOR = 11;

  private static final int SHOWN = 60;
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();
  private static final String NEGOTIATION = "qmp_capabilities";
  private static final String EXECUTE = "execute";
  private static final String ARGUMENTS = "arguments";
  private static final String ID = "id";
  private static final List<String> DEVICE_TYPES = List.of("device", "pci-device");

  /** What a command's arguments become. */
  private interface Command {
    JsonNode execute(JsonNode arguments) throws QmpException;
  }

  private final QmpMachine machine;
  private final Map<String, Command> commands = new TreeMap<>();
  private boolean negotiated;
  private boolean quits;

  QmpSession(QmpMachine machine) {
    this.machine = machine;
    commands.put(NEGOTIATION, this::negotiate);
    commands.put("qom-list-types", this::types);
    commands.put("query-commands", plain(this::commandNames));
    commands.put("query-cpu-definitions", plain(JSON::createArrayNode)); // no CPU runs here
    commands.put("query-machines", plain(this::machines));
    commands.put("query-status", plain(QmpSession::status));
    commands.put("query-version", plain(this::version));
    commands.put("quit", plain(this::quit));
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    ObjectNode greeting = JSON.createObjectNode();
    greeting.set("version", version());
    greeting.set("capabilities", JSON.createArrayNode());
    send(context.channel(), JSON.createObjectNode().set("QMP", greeting));
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!quits) {
      send(context.channel(), answer((String) message));
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    context.channel().config().setAutoRead(context.channel().isWritable());
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof TooLongFrameException) {
      LOG.warn("the QMP client is cut off: {}", cause.getMessage());
      send(context.channel(), error(null, QmpException.wrong(String.valueOf(cause.getMessage()))));
    } else if (!(cause instanceof IOException)) {
      LOG.error("the QMP monitor failed", cause);
    }
    quits = true;
    context
        .channel()
        .writeAndFlush(context.alloc().buffer(0))
        .addListener(ChannelFutureListener.CLOSE);
  }

  private void send(Channel channel, JsonNode answer) {
    Runnable then = quits ? machine.quit() : () -> {};
    channel
        .writeAndFlush(ByteBufUtil.writeUtf8(channel.alloc(), answer + "\r\n"))
        .addListener(sent -> then.run());
  }

  private ObjectNode answer(String text) {
    JsonNode id = null;
    try {
      JsonNode request = request(text);
      id = request.get(ID);
      JsonNode result = execute(request);
      ObjectNode answer = JSON.createObjectNode();
      answer.set("return", result);
      return withId(answer, id);
    } catch (QmpException e) {
      return error(id, e);
    }
  }

  private static ObjectNode error(@Nullable JsonNode id, QmpException e) {
    ObjectNode error = JSON.createObjectNode();
    error.put("class", e.kind().spelled);
    error.put("desc", e.getMessage());
    ObjectNode answer = JSON.createObjectNode();
    answer.set("error", error);
    return withId(answer, id);
  }

  private static ObjectNode withId(ObjectNode answer, @Nullable JsonNode id) {
    if (id != null) {
      answer.set(ID, id);
    }
    return answer;
  }

  private static JsonNode request(String text) throws QmpException {
    JsonNode request;
    try {
      request = JSON.readTree(text);
    } catch (JacksonException e) {
      throw QmpException.wrong("'" + shown(text) + "' is not JSON: " + e.getOriginalMessage());
    }
    if (!request.isObject()) {
      throw QmpException.wrong("'" + shown(text) + "' is not an object of JSON");
    }
    return request;
  }

  private JsonNode execute(JsonNode request) throws QmpException {
    for (String key : request.propertyNames()) {
      if (!List.of(EXECUTE, ARGUMENTS, ID).contains(key)) {
        throw QmpException.wrong("a command has no member '" + shown(key) + "'");
      }
    }
    JsonNode name = request.path(EXECUTE);
    if (!name.isString()) {
      throw QmpException.wrong("a command has its name as text in the member 'execute'");
    }
    JsonNode arguments = request.path(ARGUMENTS);
    if (!arguments.isMissingNode() && !arguments.isObject()) {
      throw QmpException.wrong("the member 'arguments' is an object");
    }
    return command(name.stringValue()).execute(arguments);
  }

  private Command command(String name) throws QmpException {
    Command command = commands.get(name);
    if (command == null) {
      throw new QmpException(
          Kind.COMMAND_NOT_FOUND, "The command " + shown(name) + " has not been found");
    }
    if (negotiated == name.equals(NEGOTIATION)) {
      throw new QmpException(
          Kind.COMMAND_NOT_FOUND,
          negotiated
              ? "qmp_capabilities was given before"
              : "the first command is qmp_capabilities");
    }
    return command;
  }

  private static String shown(String text) {
    String printable = text.strip().replaceAll("\\P{Print}", "?");
    return printable.length() <= SHOWN ? printable : printable.substring(0, SHOWN) + "...";
  }

  /** A command without arguments. */
  private static Command plain(Supplier<JsonNode> result) {
    return arguments -> {
      if (!arguments.isEmpty()) {
        throw QmpException.wrong("this command has no arguments");
      }
      return result.get();
    };
  }

  private JsonNode negotiate(JsonNode arguments) throws QmpException {
    for (String key : arguments.propertyNames()) {
      JsonNode enabled = arguments.get(key);
      if (!key.equals("enable") || !enabled.isArray() || !enabled.isEmpty()) {
        throw QmpException.wrong("the greeting offers no capability, so none can be enabled");
      }
    }
    negotiated = true;
    return JSON.createObjectNode();
  }

  /** Types as QEMU's object model has them; of its tree there are only PCI devices here. */
  private JsonNode types(JsonNode arguments) throws QmpException {
    JsonNode wanted = arguments.path("implements");
    if (!wanted.isMissingNode() && !wanted.isString()) {
      throw QmpException.wrong("the argument 'implements' is text");
    }
    ArrayNode types = JSON.createArrayNode();
    if (wanted.isMissingNode() || DEVICE_TYPES.contains(wanted.stringValue())) {
      for (String device : machine.devices()) {
        types.addObject().put("name", device).put("parent", "pci-device");
      }
    }
    return types;
  }

  private JsonNode commandNames() {
    ArrayNode names = JSON.createArrayNode();
    commands.keySet().forEach(name -> names.addObject().put("name", name));
    return names;
  }

  private JsonNode machines() {
    ArrayNode machines = JSON.createArrayNode();
    for (String name : machine.machines()) {
      machines
          .addObject()
          .put("name", name)
          .put("cpu-max", 1)
          .put("hotpluggable-cpus", false)
          .put("numa-mem-supported", false)
          .put("deprecated", false)
          .put("acpi", false);
    }
    return machines;
  }

  private static JsonNode status() {
    return JSON.createObjectNode().put("status", "running").put("running", true);
  }

  private JsonNode version() {
    ObjectNode version = JSON.createObjectNode();
    version.putObject("qemu").put("major", QEMU_MAJOR).put("minor", 0).put("micro", 0);
    return version.put("package", machine.version());
  }

  private JsonNode quit() {
    quits = true;
    return JSON.createObjectNode();
  }
}
