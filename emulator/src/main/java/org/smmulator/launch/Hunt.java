package org.smmulator.launch;

import java.util.List;
import org.smmulator.execution.explore.Story;

/**
 * Stories that look for races of whole machines; found as a service. The seed of an order decides
 * the times of its machine too. They count translated accesses that were compared with the grants.
 */
public interface Hunt {
  /** In the order in which they are told. */
  List<Story> stories();
}
