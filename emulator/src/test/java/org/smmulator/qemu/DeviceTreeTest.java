package org.smmulator.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.smmulator.qemu.DeviceTree.Node;

/** Against blobs that the compiler dtc made ({@code small.dts}). */
class DeviceTreeTest {
  @Test
  void readsWhatTheCompilerWrote() throws IOException {
    Node root = DeviceTree.read(Blobs.blob("small")).root();
    assertThat(root.name()).isEmpty();
    assertThat(root.properties()).containsExactly("#address-cells", "model", "empty");
    assertThat(root.cells("#address-cells")).containsExactly(2);
    assertThat(root.says("model", "small")).isTrue();
    assertThat(root.bytes("empty")).isEmpty();
    assertThat(root.bytes("none")).isNull();
    assertThat(root.nodes()).extracting(Node::name).containsExactly("bus@1000", "other");
    Node bus = root.nodes().get(0);
    assertThat(bus.says("compatible", "one,bus")).isTrue();
    assertThat(bus.says("compatible", "simple-bus")).isTrue();
    assertThat(bus.says("compatible", "simple")).isFalse();
    assertThat(bus.cells("ranges")).containsExactly(0x1234_5678, 0x9abc_def0);
    assertThat(bus.nodes().get(0).bytes("bytes")).containsExactly(1, 2, 3);
    assertThat(root.find("compatible", "simple-bus")).isSameAs(bus);
    assertThat(root.find("compatible", "other-bus")).isNull();
    assertThat(root.freePhandle()).isEqualTo(8);
  }

  @Test
  void writesWhatTheCompilerWrote() throws IOException {
    assertThat(DeviceTree.read(Blobs.blob("small")).write()).isEqualTo(Blobs.blob("small"));
    assertThat(DeviceTree.read(Blobs.blob("virt")).write()).isEqualTo(Blobs.blob("virt"));
  }

  @Test
  void whatIsPutIsRead() throws IOException {
    DeviceTree tree = DeviceTree.read(Blobs.blob("small"));
    Node added = tree.root().add("added@1");
    added.put("cells", 1, -2);
    added.put("words", "ab");
    added.put("nothing");
    tree.root().put("model", "large");
    Node root = DeviceTree.read(tree.write()).root();
    assertThat(root.properties()).containsExactly("#address-cells", "model", "empty");
    assertThat(root.says("model", "large")).isTrue();
    Node read = root.nodes().get(2);
    assertThat(read.name()).isEqualTo("added@1");
    assertThat(read.cells("cells")).containsExactly(1, -2);
    assertThat(read.bytes("words")).containsExactly('a', 'b', 0);
    assertThat(read.has("nothing")).isTrue();
  }

  /** NOP tokens in the place of a property, as firmware leaves them (5.4.1). */
  @Test
  void passesOverNothing() throws IOException {
    byte[] blob = Blobs.blob("small");
    int property = 0x48 + 8;
    for (int at = property; at < property + 16; at += Integer.BYTES) {
      ByteBuffer.wrap(blob).putInt(at, 4);
    }
    assertThat(DeviceTree.read(blob).root().properties()).containsExactly("model", "empty");
  }

  @Test
  void refusesWhatIsNone() {
    assertThatThrownBy(() -> DeviceTree.read(new byte[40]))
        .isInstanceOf(IOException.class)
        .hasMessage("not a device tree: it does not begin with d00dfeed");
    assertThatThrownBy(
            () -> {
              byte[] blob = Blobs.blob("small");
              ByteBuffer.wrap(blob).putInt(20, 18).putInt(24, 18);
              DeviceTree.read(blob);
            })
        .hasMessage("a device tree of version 18; right are versions 16 and 17");
  }

  @Test
  void aTreeThatIsCutShortIsASentence() throws IOException {
    byte[] blob = Blobs.blob("small");
    for (int length = 0; length < 0x124 + 0x3b - 1; length++) {
      byte[] cut = Arrays.copyOf(blob, length);
      assertThatThrownBy(() -> DeviceTree.read(cut)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void damageIsATreeOrASentence() throws IOException {
    long seed = Long.getLong("smmulator.seed", System.nanoTime());
    Random random = new Random(seed);
    byte[] blob = Blobs.blob("small");
    for (int i = 0; i < 20_000; i++) {
      byte[] damaged = blob.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        damaged[random.nextInt(blob.length)] = (byte) random.nextInt();
      }
      try {
        Objects.requireNonNull(DeviceTree.read(damaged).root());
      } catch (IOException e) {
        assertThat(e).as("seed %d", seed).hasMessageMatching("(not )?(a|the) device tree.*");
      }
    }
  }
}
