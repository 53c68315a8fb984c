package org.smmulator.guest.iommu.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.smmulator.guest.iommu.PageResponse;
import org.smmulator.guest.iommu.ResponseCode;

final class CommandBatchTest {
  private static final int STREAM = 0x408;
  private static final int PASID = 0xabcde;
  private static final int ASID = 0x1234;
  private static final long ADDRESS = 0x7fff_8000L;
  private static final int GROUP = 0x1ff;

  @Test
  void encodesEveryCommandAsTheVectorsSay() {
    Map<String, CommandBatch> built = new TreeMap<>();
    built.put("CFGI_STE_LEAF", batch().cfgiSte(STREAM, true));
    built.put("CFGI_STE_WITH_L1", batch().cfgiSte(STREAM, false));
    built.put("CFGI_ALL", batch().cfgiAll());
    built.put("CFGI_CD_LEAF", batch().cfgiCd(STREAM, PASID, true));
    built.put("CFGI_CD_WITH_L1", batch().cfgiCd(STREAM, PASID, false));
    built.put("TLBI_NH_ASID", batch().tlbiAsid(ASID));
    built.put("TLBI_NH_VA_LEAF", batch().tlbiVa(ASID, ADDRESS, true));
    built.put("TLBI_NH_VA_WITH_TABLES", batch().tlbiVa(ASID, ADDRESS, false));
    built.put("TLBI_EL2_ALL", batch().tlbiEl2All());
    built.put("TLBI_NSNH_ALL", batch().tlbiNsnhAll());
    built.put("ATC_INV_4_PAGES", batch().atcInv(STREAM, PASID, new AtcRange(ADDRESS, 2)));
    built.put("ATC_INV_ALL_NO_PASID", batch().atcInv(STREAM, -1, AtcRange.ALL));
    built.put("PRI_RESP_SUCCESS", response(PASID, ResponseCode.SUCCESS));
    built.put("PRI_RESP_INVALID", response(PASID, ResponseCode.INVALID));
    built.put("PRI_RESP_FAILURE", response(PASID, ResponseCode.FAILURE));
    built.put("PRI_RESP_NO_PASID", response(-1, ResponseCode.SUCCESS));
    built.forEach(
        (name, batch) ->
            assertThat(new long[] {batch.word0(0), batch.word1(0)})
                .as(name)
                .isEqualTo(LayoutRows.words("driver-commands.txt", name)));
    assertThat(new long[] {CommandBatch.syncWord0(), 0})
        .isEqualTo(LayoutRows.words("driver-commands.txt", "SYNC"));
    assertThat(LayoutRows.rows("driver-commands.txt")).hasSize(built.size() + 1);
  }

  @Test
  void keepsTheOrderOfManyCommands() {
    CommandBatch batch = batch();
    for (int i = 0; i < 100; i++) {
      batch.tlbiAsid(i);
    }
    assertThat(batch.count()).isEqualTo(100);
    assertThat(List.of(batch.word0(0), batch.word0(57), batch.word0(99)))
        .containsExactly(0x11L, 57L << 48 | 0x11, 99L << 48 | 0x11);
  }

  private static CommandBatch batch() {
    return new CommandBatch();
  }

  private static CommandBatch response(int pasid, ResponseCode code) {
    return batch().priResp(STREAM, new PageResponse(pasid, GROUP, code));
  }
}
