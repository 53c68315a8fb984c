package org.smmulator.config;

/**
 * The section {@code simulation}: how long things take on the virtual time of {@code --simulated}.
 */
public record SimulationConfig(
    @Key(
            meaning = "Time of a packet on a link, at least; up to twice as long, from the seed.",
            unit = "nanoseconds",
            fallback = "250",
            max = 1_000_000_000)
        int linkNanos,
    @Key(
            meaning = "Time of each descriptor that the SMMU reads in a table walk.",
            unit = "nanoseconds",
            fallback = "100",
            max = 1_000_000_000)
        int walkNanos,
    @Key(
            meaning = "Time of each access of a device to memory.",
            unit = "nanoseconds",
            fallback = "100",
            max = 1_000_000_000)
        int memoryNanos,
    @Key(
            meaning = "Time that a dma device thinks about each descriptor.",
            unit = "nanoseconds",
            fallback = "500",
            max = 1_000_000_000)
        int deviceNanos,
    @Key(
            meaning = "Invalidations between two CMD_SYNCs take effect in an order from the seed.",
            fallback = "true")
        boolean reorderCommands) {}
