package org.smmulator.device.model.dma;

import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;
import org.smmulator.device.DmaException;
import org.smmulator.device.DmaPort;

/**
 * Performs descriptors through a DMA port, in chunks of which each may be the last if the queue is
 * being stopped. Belongs to one queue's worker, with its buffers.
 */
final class Operations {
  /** A multiple of the pattern's eight bytes; several pages, so that many packets are in flight. */
  private static final int CHUNK = 16 << 10;

  private final DmaPort dma;
  private final BooleanSupplier stopping;
  private final byte[] buffer = new byte[CHUNK];
  private final byte[] other = new byte[CHUNK];
  private long done;

  Operations(DmaPort dma, BooleanSupplier stopping) {
    this.dma = dma;
    this.stopping = stopping;
  }

  /** Performs one descriptor, whatever it says; data accesses carry the PASID, if it is one. */
  Completion perform(DmaDescriptor descriptor, int pasid) {
    done = 0;
    if (!descriptor.isValid()) {
      return new Completion(Completion.BAD_DESCRIPTOR, 0, 0, 0);
    }
    try {
      return switch (descriptor.opcode()) {
        case DmaDescriptor.COPY -> copy(descriptor, pasid);
        case DmaDescriptor.FILL -> fill(descriptor, pasid);
        case DmaDescriptor.COMPARE -> compare(descriptor, pasid);
        case DmaDescriptor.CRC32C -> checksum(descriptor, pasid);
        default -> throw new IllegalStateException("opcode " + descriptor.opcode());
      };
    } catch (DmaException e) {
      return Completion.failed(e, done);
    }
  }

  /** Bytes of the next chunk; 0 at the end, or if the queue is being stopped. */
  private int next(DmaDescriptor descriptor) {
    return stopping.getAsBoolean() ? 0 : (int) Math.min(CHUNK, descriptor.length() - done);
  }

  private Completion end(DmaDescriptor descriptor, long result) {
    return done == descriptor.length()
        ? Completion.ok(done, result)
        : new Completion(Completion.STOPPED, done, 0, 0);
  }

  private Completion copy(DmaDescriptor descriptor, int pasid) throws DmaException {
    for (int bytes = next(descriptor); bytes > 0; bytes = next(descriptor)) {
      dma.read(pasid, descriptor.first() + done, buffer, 0, bytes);
      dma.write(pasid, descriptor.second() + done, buffer, 0, bytes);
      done += bytes;
    }
    return end(descriptor, 0);
  }

  private Completion fill(DmaDescriptor descriptor, int pasid) throws DmaException {
    int used = (int) Math.min(CHUNK, descriptor.length());
    for (int i = 0; i < used; i++) {
      buffer[i] = (byte) (descriptor.pattern() >>> (8 * (i & 7)));
    }
    for (int bytes = next(descriptor); bytes > 0; bytes = next(descriptor)) {
      dma.write(pasid, descriptor.second() + done, buffer, 0, bytes);
      done += bytes;
    }
    return end(descriptor, 0);
  }

  private Completion compare(DmaDescriptor descriptor, int pasid) throws DmaException {
    for (int bytes = next(descriptor); bytes > 0; bytes = next(descriptor)) {
      dma.read(pasid, descriptor.first() + done, buffer, 0, bytes);
      dma.read(pasid, descriptor.second() + done, other, 0, bytes);
      int mismatch = Arrays.mismatch(buffer, 0, bytes, other, 0, bytes);
      if (mismatch >= 0) {
        done += mismatch;
        return new Completion(Completion.MISMATCH, done, done, 0);
      }
      done += bytes;
    }
    return end(descriptor, 0);
  }

  private Completion checksum(DmaDescriptor descriptor, int pasid) throws DmaException {
    CRC32C crc = new CRC32C();
    for (int bytes = next(descriptor); bytes > 0; bytes = next(descriptor)) {
      dma.read(pasid, descriptor.first() + done, buffer, 0, bytes);
      crc.update(buffer, 0, bytes);
      done += bytes;
    }
    return end(descriptor, crc.getValue());
  }
}
