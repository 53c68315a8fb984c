package org.smmulator.smmu;

/**
 * Translates by reading everything from memory each time, written from the architecture's text for
 * the tests: no caches, no shared code.
 */
final class NaiveTranslator {
  /** Where an access goes, or the name of the event it ends with. */
  record Result(long pa, String event) {
    static Result fault(String event) {
      return new Result(0, event);
    }
  }

  /** An access of one context. */
  record Access(long va, boolean write, boolean privileged, boolean execute) {}

  private final BareGuest guest;

  NaiveTranslator(BareGuest guest) {
    this.guest = guest;
  }

  Result translate(long cdAddress, Access access) {
    Structure cd = new Structure("cd", 8);
    for (int i = 0; i < 8; i++) {
      cd.words()[i] = guest.load(cdAddress + 8L * i);
    }
    boolean upper = (access.va() >>> 55 & 1) == 1;
    if (cd.get(upper ? "epd1" : "epd0") == 1) {
      return Result.fault("F_TRANSLATION");
    }
    int bits = 64 - (int) cd.get(upper ? "t1sz" : "t0sz");
    int top = cd.get(upper ? "tbi1" : "tbi0") == 1 ? 55 : 63;
    for (int bit = bits; bit <= top; bit++) {
      if ((access.va() >>> bit & 1) != (upper ? 1 : 0)) {
        return Result.fault("F_TRANSLATION");
      }
    }
    return walk(cd, access, cd.get(upper ? "ttb1" : "ttb0"), bits, cd.get(upper ? "had1" : "had0"));
  }

  private Result walk(Structure cd, Access access, long ttb, int bits, long had) {
    int level = bits > 39 ? 0 : bits > 30 ? 1 : 2;
    long input = bits == 64 ? access.va() : access.va() & ((1L << bits) - 1);
    int[] sizes = {32, 36, 40, 42, 44, 48};
    int outputBits = sizes[(int) cd.get("ips")];
    boolean noUser = false;
    boolean noWrite = false;
    boolean noUserExecute = false;
    boolean noKernelExecute = false;
    long table = ttb;
    while (true) {
      int shift = 39 - 9 * level;
      Structure descriptor = new Structure("pte", 1);
      descriptor.words()[0] = guest.load(table + 8 * (input >>> shift & 511));
      boolean isTable = descriptor.get("table") == 1;
      if (descriptor.get("valid") == 0 || (!isTable && (level == 0 || level == 3))) {
        return Result.fault("F_TRANSLATION");
      }
      if (descriptor.get("address") >>> outputBits != 0) {
        return Result.fault("F_ADDR_SIZE");
      }
      if (level == 3 || !isTable) {
        if (descriptor.get("af") == 0 && cd.get("affd") == 0) {
          return Result.fault("F_ACCESS");
        }
        boolean user = descriptor.get("ap1") == 1 && !noUser;
        boolean writable = descriptor.get("ap2") == 0 && !noWrite;
        boolean wxn = cd.get("wxn") == 1;
        boolean allowed;
        if (access.execute() && !access.write()) {
          allowed =
              access.privileged()
                  ? descriptor.get("pxn") == 0
                      && !noKernelExecute
                      && !(user && writable)
                      && !(wxn && writable)
                  : descriptor.get("uxn") == 0 && !noUserExecute && !(wxn && user && writable);
        } else {
          boolean reachable = access.privileged() ? !(cd.get("pan") == 1 && user) : user;
          allowed = reachable && (!access.write() || writable);
        }
        long offset = (1L << shift) - 1;
        return allowed
            ? new Result((descriptor.get("address") & ~offset) | (access.va() & offset), "")
            : Result.fault("F_PERMISSION");
      }
      if (had == 0) {
        noUser |= (descriptor.get("aptable") & 1) != 0;
        noWrite |= (descriptor.get("aptable") & 2) != 0;
        noUserExecute |= descriptor.get("uxntable") != 0;
        noKernelExecute |= descriptor.get("pxntable") != 0;
      }
      table = descriptor.get("address");
      level++;
    }
  }
}
