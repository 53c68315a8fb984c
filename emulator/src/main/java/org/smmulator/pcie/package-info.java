/**
 * The PCIe root complex, in three parts behind {@code RootComplex}: {@code Slots}, the links and
 * who is there; {@code Router}, where configuration and memory requests go; {@code SmmuAgent}, the
 * invalidations and page responses that the SMMU asks for. What functions send up takes {@code
 * UpstreamPackets} to memory, ATS and PRI; the {@code Judge} counts it and records which {@code
 * ProtocolRule} it breaks.
 */
@NullMarked
package org.smmulator.pcie;

import org.jspecify.annotations.NullMarked;
