package org.smmulator.qemu;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;
import java.util.Objects;

/** Device trees that the compiler dtc made of the sources beside them. */
public final class Blobs {
  private Blobs() {}

  /** One of them, by its name. */
  public static byte[] blob(String name) throws IOException {
    try (InputStream hex = Blobs.class.getResourceAsStream(name + ".hex")) {
      String text = new String(Objects.requireNonNull(hex).readAllBytes(), US_ASCII);
      return HexFormat.of().parseHex(text.replace("\n", ""));
    }
  }
}
