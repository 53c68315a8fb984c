package org.smmulator.arch.port;

/**
 * TLB maintenance of CPUs as the interconnect broadcasts it (IHI 0070 3.17, DVM). With IDR0.BTM = 1
 * and CR2.PTM = 0 an SMMU takes part: its entries for the same addresses and ASIDs go as well; what
 * matches an ASID spares contexts with ASET = 1, and nothing reaches the ATC of a device. Without,
 * nothing happens. The CPU is one of the host's: VMID 0, and the VMIDs of its group (CR0.VMW).
 *
 * <p>When a method returns the SMMU's entries are gone, and what used one may still be on its way
 * to a device, which takes its time: a DSB waits for that with {@link #sync}.
 */
public interface BroadcastTlbi {
  /** Everything, global pages included: TLBI VMALLE1IS. */
  void all();

  /** Everything of an ASID but global pages: TLBI ASIDE1IS. */
  void byAsid(int asid);

  /**
   * One address of an ASID, and a global page there: TLBI VAE1IS, VALE1IS.
   *
   * @param va any address in the page
   * @param leafOnly the page alone, not the tables on the way to it
   */
  void byVa(int asid, long va, boolean leafOnly);

  /**
   * One address in all ASIDs: TLBI VAAE1IS, VAALE1IS.
   *
   * @param va any address in the page
   * @param leafOnly the page alone, not the tables on the way to it
   */
  void byVaAllAsids(long va, boolean leafOnly);

  /**
   * Makes sure of what was invalidated before, as the DVM Sync of a DSB.
   *
   * @param done called when every transaction that was translated before is finished
   */
  void sync(Runnable done);
}
