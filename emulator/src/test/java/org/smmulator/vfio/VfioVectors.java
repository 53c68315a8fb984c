package org.smmulator.vfio;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.HexFormat;
import java.util.List;

/**
 * Messages as the protocol's document has them, typed byte by byte: what a client sends, and what
 * it is to receive. Each is a header of message ID, command, size, flags and error, and a body.
 */
final class VfioVectors {
  /** What is sent, and what answers it; empty for nothing. */
  record Exchange(String name, String sent, String received) {}

  /** With what QEMU 11 proposes. */
  static final String VERSION =
      "0100 0100 d6000000 00000000 00000000 0000 0000"
          + ascii(
              "{\"capabilities\": {\"pgsizes\": 4096, \"max_msg_fds\": 16, \"max_dma_maps\": 65535,"
                  + " \"max_data_xfer_size\": 1048576, \"migration\": {\"pgsize\": 4096,"
                  + " \"max_bitmap_size\": 268435456}, \"write_multiple\": true}}")
          + "00";

  static final String VERSION_REPLY =
      "0100 0100 68000000 01000000 00000000 0000 0000"
          + ascii(
              "{\"capabilities\":{\"max_data_xfer_size\":1048576,\"max_dma_maps\":65535,"
                  + "\"pgsizes\":4096}}")
          + "00";

  /** The exchanges after VERSION, in an order that makes sense. */
  static final List<Exchange> EXCHANGES =
      List.of(
          new Exchange(
              "DMA_MAP of 512 MiB at 1 GiB, readable and writable",
              "0200 0200 30000000 00000000 00000000"
                  + "20000000 03000000 0000000000000000 0000004000000000 0000002000000000",
              "0200 0200 10000000 01000000 00000000"),
          new Exchange(
              "DMA_MAP over a part of it: EEXIST",
              "0300 0200 30000000 00000000 00000000"
                  + "20000000 01000000 0000000000000000 00f0ff5f00000000 0020000000000000",
              "0300 0200 10000000 21000000 11000000"),
          new Exchange(
              "DMA_UNMAP of a part of it: ENOENT",
              "0400 0300 28000000 00000000 00000000"
                  + "18000000 00000000 0000004000000000 0000001000000000",
              "0400 0300 10000000 21000000 02000000"),
          new Exchange(
              "DMA_UNMAP of all of it, whose reply is its body",
              "0500 0300 28000000 00000000 00000000"
                  + "18000000 00000000 0000004000000000 0000002000000000",
              "0500 0300 28000000 01000000 00000000"
                  + "18000000 00000000 0000004000000000 0000002000000000"),
          new Exchange(
              "DEVICE_GET_INFO: a PCI function with reset, 9 regions, 5 kinds of interrupts",
              "0600 0400 20000000 00000000 00000000 10000000 00000000 00000000 00000000",
              "0600 0400 20000000 01000000 00000000 10000000 03000000 09000000 05000000"),
          new Exchange(
              "DEVICE_GET_REGION_INFO of BAR 0: 128 KiB",
              "0700 0500 30000000 00000000 00000000"
                  + "20000000 00000000 00000000 00000000 0000000000000000 0000000000000000",
              "0700 0500 30000000 01000000 00000000"
                  + "20000000 03000000 00000000 00000000 0000020000000000 0000000000000000"),
          new Exchange(
              "DEVICE_GET_REGION_INFO of BAR 1, which is not there",
              "0800 0500 30000000 00000000 00000000"
                  + "20000000 00000000 01000000 00000000 0000000000000000 0000000000000000",
              "0800 0500 30000000 01000000 00000000"
                  + "20000000 00000000 01000000 00000000 0000000000000000 0000000000000000"),
          new Exchange(
              "DEVICE_GET_REGION_INFO of configuration space: 4 KiB",
              "0900 0500 30000000 00000000 00000000"
                  + "20000000 00000000 07000000 00000000 0000000000000000 0000000000000000",
              "0900 0500 30000000 01000000 00000000"
                  + "20000000 03000000 07000000 00000000 0010000000000000 0000000000000000"),
          new Exchange(
              "DEVICE_GET_REGION_INFO of region 9, beyond the last: EINVAL",
              "0a00 0500 30000000 00000000 00000000"
                  + "20000000 00000000 09000000 00000000 0000000000000000 0000000000000000",
              "0a00 0500 10000000 21000000 16000000"),
          new Exchange(
              "DEVICE_GET_IRQ_INFO of errors: there are none",
              "0b00 0700 20000000 00000000 00000000 10000000 00000000 03000000 00000000",
              "0b00 0700 20000000 01000000 00000000 10000000 00000000 03000000 00000000"),
          new Exchange(
              "DEVICE_SET_IRQS that turns INTx off",
              "0c00 0800 24000000 00000000 00000000 14000000 21000000 00000000 00000000 00000000",
              "0c00 0800 10000000 01000000 00000000"),
          new Exchange(
              "DEVICE_SET_IRQS with an eventfd for vector 0 of MSI-X: EINVAL",
              "0d00 0800 24000000 00000000 00000000 14000000 24000000 02000000 00000000 01000000",
              "0d00 0800 10000000 21000000 16000000"),
          new Exchange(
              "REGION_WRITE of 4 bytes at 0x80 of BAR 0",
              "0e00 0a00 24000000 00000000 00000000 8000000000000000 00000000 04000000 efbeadde",
              "0e00 0a00 20000000 01000000 00000000 8000000000000000 00000000 04000000"),
          new Exchange(
              "REGION_READ of 8 bytes at 0x7c of BAR 0",
              "0f00 0900 20000000 00000000 00000000 7c00000000000000 00000000 08000000",
              "0f00 0900 28000000 01000000 00000000 7c00000000000000 00000000 08000000"
                  + "00000000 efbeadde"),
          new Exchange(
              "REGION_WRITE that wants no reply",
              "1000 0a00 22000000 10000000 00000000 0400000000000000 07000000 02000000 0601",
              ""),
          new Exchange(
              "REGION_READ of what it wrote",
              "1100 0900 20000000 00000000 00000000 0400000000000000 07000000 02000000",
              "1100 0900 22000000 01000000 00000000 0400000000000000 07000000 02000000 0601"),
          new Exchange(
              "REGION_READ beyond the end of configuration space: EINVAL",
              "1200 0900 20000000 00000000 00000000 ff0f000000000000 07000000 02000000",
              "1200 0900 10000000 21000000 16000000"),
          new Exchange(
              "DEVICE_RESET",
              "1300 0d00 10000000 00000000 00000000",
              "1300 0d00 10000000 01000000 00000000"),
          new Exchange(
              "DMA_READ, which a server sends: EOPNOTSUPP",
              "1400 0b00 20000000 00000000 00000000 0000004000000000 0800000000000000",
              "1400 0b00 10000000 21000000 5f000000"),
          new Exchange(
              "VERSION once more: EINVAL", VERSION, "0100 0100 10000000 21000000 16000000"));

  private VfioVectors() {}

  private static String ascii(String text) {
    return HexFormat.of().formatHex(text.getBytes(US_ASCII));
  }

  static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
