package org.smmulator.smmu.port;

import java.util.Map;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.event.EventType;

/**
 * A snapshot of what the SMMU has counted since it was built.
 *
 * @param walks table walks begun
 * @param descriptorReads translation table descriptors read from memory
 * @param commands commands consumed, by opcode; opcodes never seen are absent
 * @param events faults and errors of which a record was given to the event queue, by type, whether
 *     or not there was room
 * @param eventsLost records that found the event queue full
 * @param pageRequests records written to the PRI queue
 * @param automaticResponses page requests that the SMMU answered by itself
 * @param atsRequests translation requests
 * @param translations transactions that were translated or bypassed
 * @param stalls transactions that were held, each once
 * @param stalledNow transactions that are held, whether software knows of them or not
 */
public record SmmuCounters(
    CacheCounters tlb,
    CacheCounters walkCache,
    CacheCounters configurationCache,
    long walks,
    long descriptorReads,
    Map<CommandOpcode, Long> commands,
    Map<EventType, Long> events,
    long eventsLost,
    long pageRequests,
    long automaticResponses,
    long atsRequests,
    long translations,
    long stalls,
    long stalledNow) {}
