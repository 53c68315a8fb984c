package org.smmulator.smmu.command;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.command.CommandField;
import org.smmulator.bus.tlp.PageResponseCode;

/**
 * The one place where the response code of CMD_PRI_RESP becomes that of the PRG Response message
 * (IHI 0070 4.7.2; PCIe 10.4.2): the encodings differ.
 */
public enum PriResponse {
  SUCCESS(CommandField.RESP_SUCCESS, PageResponseCode.SUCCESS),
  INVALID_REQUEST(CommandField.RESP_INVALID, PageResponseCode.INVALID),
  RESPONSE_FAILURE(CommandField.RESP_FAILURE, PageResponseCode.FAILURE);

  private static final PriResponse[] CODES = values();

  private final int commandCode;
  private final int busCode;

  PriResponse(int commandCode, int busCode) {
    this.commandCode = commandCode;
    this.busCode = busCode;
  }

  public int busCode() {
    return busCode;
  }

  /** The response that CMD_PRI_RESP means, or null for the reserved code. */
  public static @Nullable PriResponse of(int commandCode) {
    for (PriResponse code : CODES) {
      if (code.commandCode == commandCode) {
        return code;
      }
    }
    return null;
  }
}
