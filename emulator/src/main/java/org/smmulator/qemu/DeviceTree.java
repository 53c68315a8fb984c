package org.smmulator.qemu;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A flattened device tree, read, changed and written again (Devicetree Specification 0.4, chapter
 * 5; version 17 of the format). All numbers are big-endian.
 */
public final class DeviceTree {
  private static final int MAGIC = 0xd00d_feed;
  private static final int VERSION = 17;
  private static final int COMPATIBLE = 16;
  private static final int HEADER_BYTES = 40;
  private static final int RESERVATION_BYTES = 16;

  private static final int BEGIN_NODE = 1;
  private static final int END_NODE = 2;
  private static final int PROPERTY = 3;
  private static final int NOP = 4;
  private static final int END = 9;

  /** Deeper trees are none that a kernel reads. */
  private static final int MOST_LEVELS = 64;

  private final byte[] reservations;
  private final int bootCpu;
  private final Node root;

  private DeviceTree(byte[] reservations, int bootCpu, Node root) {
    this.reservations = reservations;
    this.bootCpu = bootCpu;
    this.root = root;
  }

  /** The node without a name that all others are in. */
  public Node root() {
    return root;
  }

  /** One node, with its properties and nodes in their order. */
  public static final class Node {
    private final String name;
    private final Map<String, byte[]> properties = new LinkedHashMap<>();
    private final List<Node> nodes = new ArrayList<>();

    private Node(String name) {
      this.name = name;
    }

    /** Such as {@code pcie@10000000}. */
    public String name() {
      return name;
    }

    /** The nodes in it. */
    public List<Node> nodes() {
      return List.copyOf(nodes);
    }

    /** The names of its properties. */
    public List<String> properties() {
      return List.copyOf(properties.keySet());
    }

    /** Whether it has a property. */
    public boolean has(String property) {
      return properties.containsKey(property);
    }

    /** The value of a property, or null if it has none of this name. */
    public byte @Nullable [] bytes(String property) {
      byte[] value = properties.get(property);
      return value == null ? null : value.clone();
    }

    /** The numbers of 32 bits of which a property's value is made; none if it is not there. */
    public int[] cells(String property) {
      byte[] value = properties.getOrDefault(property, new byte[0]);
      int[] cells = new int[value.length / Integer.BYTES];
      ByteBuffer.wrap(value).asIntBuffer().get(cells);
      return cells;
    }

    /** Whether one of the strings of a property, such as {@code compatible}, is this one. */
    public boolean says(String property, String string) {
      byte[] value = properties.getOrDefault(property, new byte[0]);
      return List.of(new String(value, US_ASCII).split("\0", -1)).contains(string);
    }

    /** Gives a property this value, at its old place or as the last one. */
    public void put(String property, int... cells) {
      ByteBuffer value = ByteBuffer.allocate(cells.length * Integer.BYTES);
      value.asIntBuffer().put(cells);
      properties.put(property, value.array());
    }

    /** As above, for a string. */
    public void put(String property, String string) {
      properties.put(property, (string + "\0").getBytes(US_ASCII));
    }

    /** A new node in this one. */
    public Node add(String node) {
      Node added = new Node(node);
      nodes.add(added);
      return added;
    }

    /** It or the first node below it whose property says so; null if there is none. */
    public @Nullable Node find(String property, String string) {
      if (says(property, string)) {
        return this;
      }
      for (Node node : nodes) {
        Node found = node.find(property, string);
        if (found != null) {
          return found;
        }
      }
      return null;
    }

    /** A phandle, by which nodes name each other, that it and those below it leave free. */
    public int freePhandle() {
      int[] own = cells("phandle");
      int free = own.length == 0 ? 1 : own[0] + 1;
      for (Node node : nodes) {
        free = Math.max(free, node.freePhandle());
      }
      return free;
    }
  }

  /**
   * Reads a tree.
   *
   * @throws IOException if it is none; the message is a sentence
   */
  public static DeviceTree read(byte[] blob) throws IOException {
    try {
      return new Reader(ByteBuffer.wrap(blob)).tree();
    } catch (BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new IOException("the device tree ends before it is whole", e);
    }
  }

  private static final class Reader {
    private final ByteBuffer blob;
    private final int strings;

    Reader(ByteBuffer blob) throws IOException {
      this.blob = blob;
      if (blob.getInt(0) != MAGIC) {
        throw new IOException("not a device tree: it does not begin with d00dfeed");
      }
      if (blob.getInt(24) > VERSION || blob.getInt(20) < COMPATIBLE) {
        throw new IOException(
            "a device tree of version " + blob.getInt(20) + "; right are versions 16 and 17");
      }
      blob.limit(blob.getInt(4));
      strings = blob.getInt(12);
    }

    DeviceTree tree() throws IOException {
      byte[] reservations = reservations(blob.getInt(16));
      blob.position(blob.getInt(8));
      if (token() != BEGIN_NODE) {
        throw new IOException("a device tree without a root");
      }
      Node root = node(1);
      if (token() != END) {
        throw new IOException("a device tree with two roots");
      }
      return new DeviceTree(reservations, blob.getInt(28), root);
    }

    private byte[] reservations(int at) {
      int end = at;
      while (blob.getLong(end) != 0 || blob.getLong(end + Long.BYTES) != 0) {
        end += RESERVATION_BYTES;
      }
      byte[] all = new byte[end + RESERVATION_BYTES - at];
      blob.get(at, all);
      return all;
    }

    private int token() {
      int token = blob.getInt();
      while (token == NOP) {
        token = blob.getInt();
      }
      return token;
    }

    private Node node(int level) throws IOException {
      if (level > MOST_LEVELS) {
        throw new IOException("a device tree of more than " + MOST_LEVELS + " levels");
      }
      Node node = new Node(string());
      align();
      while (true) {
        int token = token();
        switch (token) {
          case PROPERTY -> property(node);
          case BEGIN_NODE -> node.nodes.add(node(level + 1));
          case END_NODE -> {
            return node;
          }
          default -> throw new IOException("a device tree with the unknown token " + token);
        }
      }
    }

    private void property(Node node) {
      int length = blob.getInt();
      int name = strings + blob.getInt();
      if (length < 0 || length > blob.remaining()) {
        throw new BufferUnderflowException();
      }
      byte[] value = new byte[length];
      blob.get(value);
      align();
      int next = blob.position();
      blob.position(name);
      node.properties.put(string(), value);
      blob.position(next);
    }

    private String string() {
      StringBuilder string = new StringBuilder();
      for (byte each = blob.get(); each != 0; each = blob.get()) {
        string.append((char) (each & 0x7f));
      }
      return string.toString();
    }

    private void align() {
      blob.position((blob.position() + 3) & -4);
    }
  }

  /** The tree as a blob. */
  public byte[] write() {
    Writer writer = new Writer();
    writer.node(root);
    byte[] structure = writer.end();
    byte[] strings = writer.names.toByteArray();
    int afterHeader = HEADER_BYTES + reservations.length;
    ByteBuffer blob = ByteBuffer.allocate(afterHeader + structure.length + strings.length);
    blob.putInt(MAGIC).putInt(blob.capacity());
    blob.putInt(afterHeader).putInt(afterHeader + structure.length).putInt(HEADER_BYTES);
    blob.putInt(VERSION).putInt(COMPATIBLE).putInt(bootCpu);
    blob.putInt(strings.length).putInt(structure.length);
    return blob.put(reservations).put(structure).put(strings).array();
  }

  private static final class Writer {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final ByteArrayOutputStream names = new ByteArrayOutputStream();
    private final Map<String, Integer> places = new LinkedHashMap<>();

    void node(Node node) {
      number(BEGIN_NODE);
      bytes(string(node.name));
      node.properties.forEach(
          (name, value) -> {
            number(PROPERTY);
            number(value.length);
            number(place(name));
            bytes(value);
          });
      node.nodes.forEach(this::node);
      number(END_NODE);
    }

    byte[] end() {
      number(END);
      return bytes.toByteArray();
    }

    private int place(String name) {
      return places.computeIfAbsent(
          name,
          added -> {
            int at = names.size();
            names.writeBytes(string(added));
            return at;
          });
    }

    private static byte[] string(String string) {
      return (string + "\0").getBytes(US_ASCII);
    }

    private void number(int number) {
      bytes.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(number).array());
    }

    private void bytes(byte[] value) {
      bytes.writeBytes(value);
      bytes.writeBytes(new byte[-value.length & 3]);
    }
  }
}
