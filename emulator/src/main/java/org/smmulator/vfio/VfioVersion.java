package org.smmulator.vfio;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What both sides agree on: the version of the protocol, and as capabilities in JSON how much one
 * message may carry. An answer never promises more than was proposed.
 *
 * @param dataBytes most that a read or write of a region moves
 * @param dmaMaps most DMA mappings at a time
 * @param answer the body of the answer
 */
record VfioVersion(int dataBytes, int dmaMaps, ByteBuf answer) {
  static final int MAJOR = 0;
  static final int MINOR = 2;

  /** Both are the protocol's defaults, so that who proposes nothing may rely on them. */
  static final int MOST_DATA_BYTES = 1 << 20;

  static final int MOST_DMA_MAPS = 65_535;

  /** Longest text of capabilities; QEMU's has about 300 bytes. */
  static final int MOST_TEXT_BYTES = 4096;

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String CAPABILITIES = "capabilities";
  private static final String DATA_BYTES = "max_data_xfer_size";
  private static final String DMA_MAPS = "max_dma_maps";
  private static final String PAGE_SIZES = "pgsizes";
  private static final int PAGE_LOG2 = 12;
  private static final int NUMBERS_BYTES = 4;

  /** Of a session that has not begun. */
  static final VfioVersion NONE = new VfioVersion(0, 0, Unpooled.EMPTY_BUFFER);

  /** What follows from a client's proposal, which is the body of a VERSION. */
  static VfioVersion negotiate(ByteBuf body) throws RefusedMessage {
    if (body.readableBytes() < NUMBERS_BYTES) {
      throw RefusedMessage.invalid("VERSION has no version");
    }
    int major = body.getUnsignedShortLE(body.readerIndex());
    int minor = body.getUnsignedShortLE(body.readerIndex() + 2);
    if (major != MAJOR) {
      throw RefusedMessage.invalid("version " + major + " is proposed, and there is version 0");
    }
    JsonNode proposed = capabilities(body.skipBytes(NUMBERS_BYTES));
    ObjectNode agreed = JSON.createObjectNode();
    int dataBytes = least(proposed, DATA_BYTES, MOST_DATA_BYTES, agreed);
    int dmaMaps = least(proposed, DMA_MAPS, MOST_DMA_MAPS, agreed);
    pageSizes(proposed, agreed);
    ByteBuf answer = Unpooled.buffer().writeShortLE(MAJOR).writeShortLE(Math.min(minor, MINOR));
    answer.writeCharSequence(JSON.createObjectNode().set(CAPABILITIES, agreed).toString(), UTF_8);
    return new VfioVersion(dataBytes, dmaMaps, answer.writeByte(0));
  }

  private static JsonNode capabilities(ByteBuf text) throws RefusedMessage {
    int bytes = text.readableBytes();
    if (bytes == 0) {
      return JSON.createObjectNode();
    }
    if (bytes > MOST_TEXT_BYTES || text.getByte(text.writerIndex() - 1) != 0) {
      throw RefusedMessage.invalid(
          "the capabilities have no end, which is a byte of 0 among the first " + MOST_TEXT_BYTES);
    }
    JsonNode root = json(text.nioBuffer(text.readerIndex(), bytes - 1));
    JsonNode capabilities = root.path(CAPABILITIES);
    if (!root.isObject() || !(capabilities.isMissingNode() || capabilities.isObject())) {
      throw RefusedMessage.invalid("the capabilities are no object of JSON");
    }
    return capabilities;
  }

  private static JsonNode json(ByteBuffer text) throws RefusedMessage {
    try {
      return JSON.readTree(UTF_8.newDecoder().decode(text).toString());
    } catch (JacksonException | CharacterCodingException e) {
      throw RefusedMessage.invalid("the capabilities are no JSON");
    }
  }

  /** Of what is proposed and what there is; told only who proposed something. */
  private static int least(JsonNode proposed, String name, int most, ObjectNode agreed)
      throws RefusedMessage {
    if (!proposed.has(name)) {
      return most;
    }
    JsonNode number = proposed.path(name);
    if (!number.isIntegralNumber() || number.bigIntegerValue().signum() <= 0) {
      throw RefusedMessage.invalid(name + " is no number above 0");
    }
    int least = number.canConvertToInt() ? Math.min(number.intValue(), most) : most;
    agreed.put(name, least);
    return least;
  }

  private static void pageSizes(JsonNode proposed, ObjectNode agreed) throws RefusedMessage {
    if (!proposed.has(PAGE_SIZES)) {
      return;
    }
    JsonNode sizes = proposed.path(PAGE_SIZES);
    if (!sizes.isIntegralNumber() || !sizes.bigIntegerValue().testBit(PAGE_LOG2)) {
      throw RefusedMessage.invalid("pages of 4 KiB are not among the " + PAGE_SIZES);
    }
    agreed.put(PAGE_SIZES, DmaWindows.PAGE_BYTES);
  }
}
