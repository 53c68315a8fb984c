package org.smmulator.pcie;

import static org.smmulator.pcie.ledger.Violation.NONE;

import org.smmulator.pcie.ledger.Violation;
import org.smmulator.pcie.ledger.ViolationLog;

/** Counts what devices send and records what they must not. */
final class Judge {
  private final ViolationLog violations;
  private long packets;

  Judge(ViolationLog violations) {
    this.violations = violations;
  }

  /** A packet has come from a device. */
  void packet() {
    packets++;
  }

  long packets() {
    return packets;
  }

  /** Violations of all kinds by devices that had an ID. */
  long violations(String device) {
    return violations.count(device);
  }

  long protocolViolations() {
    return violations.count(Violation.Kind.PROTOCOL);
  }

  /**
   * A device or peer broke a rule.
   *
   * @param device its ID, or empty before it has one
   */
  void protocol(String device, String text) {
    protocol(device, NONE, NONE, NONE, text);
  }

  /** A function sent what software has not permitted it; the address if it has one. */
  void forbidden(AttachedFunction function, ProtocolRule rule, int pasid, long address) {
    function.count(FunctionCounter.PACKETS_NOT_PERMITTED);
    protocol(function.id(), pasid, address, NONE, rule.toString());
  }

  void protocol(String device, int pasid, long address, long frame, String text) {
    violations.record(new Violation(Violation.Kind.PROTOCOL, device, pasid, address, frame, text));
  }
}
