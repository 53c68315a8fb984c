package org.smmulator.config;

/** The section {@code smmu}. */
public record SmmuConfig(
    @Key(
            meaning = "Entries of the TLB.",
            unit = "entries",
            fallback = "512",
            min = 2,
            max = 1 << 20,
            powerOfTwo = true)
        int tlbEntries,
    @Key(
            meaning = "Ways of a TLB set; not more than tlbEntries.",
            unit = "entries",
            fallback = "4",
            min = 1,
            max = 64,
            powerOfTwo = true)
        int tlbWays,
    @Key(
            meaning = "Entries of the cache of intermediate table descriptors; 0 for none.",
            unit = "entries",
            fallback = "64",
            max = 1 << 16)
        int walkCacheEntries,
    @Key(
            meaning = "Width of a StreamID (IDR1.SIDSIZE); a PCIe requester ID has 16 bits.",
            unit = "bits",
            fallback = "16",
            min = 8,
            max = 16)
        int streamIdBits,
    @Key(
            meaning = "Width of a SubstreamID (IDR1.SSIDSIZE), the SMMU's word for PASID.",
            unit = "bits",
            fallback = "16",
            min = 1,
            max = 20)
        int substreamIdBits,
    @Key(
            meaning = "Entries of the command queue, as a power of two (IDR1.CMDQS).",
            unit = "as log2 of entries",
            fallback = "8",
            min = 3,
            max = 19)
        int commandQueueLog2,
    @Key(
            meaning = "Entries of the event queue, as a power of two (IDR1.EVENTQS).",
            unit = "as log2 of entries",
            fallback = "7",
            min = 1,
            max = 19)
        int eventQueueLog2,
    @Key(
            meaning = "Entries of the page request queue, as a power of two (IDR1.PRIQS).",
            unit = "as log2 of entries",
            fallback = "8",
            min = 1,
            max = 19)
        int priQueueLog2,
    @Key(
            meaning = "Width of a physical address (IDR5.OAS).",
            unit = "bits",
            fallback = "44",
            oneOf = {32, 36, 40, 42, 44, 48})
        int outputAddressBits,
    @Key(
            meaning = "Commands that the SMMU executes before devices get their turn again.",
            unit = "commands",
            fallback = "8",
            min = 1,
            max = 1 << 16)
        int commandsPerTurn) {}
