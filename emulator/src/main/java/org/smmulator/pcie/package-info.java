/**
 * The PCIe root complex: ports that devices attach to over a link, routing of configuration and
 * memory requests down, and of memory requests, translation requests, page requests and
 * invalidations up and down; the hot-plug block; and the judge of what devices send.
 */
@NullMarked
package org.smmulator.pcie;

import org.jspecify.annotations.NullMarked;
