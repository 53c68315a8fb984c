package org.smmulator.pcie;

import static org.smmulator.pcie.ledger.Violation.NONE;

import org.smmulator.bus.tlp.Tlp;
import org.smmulator.counter.Counts;
import org.smmulator.counter.Tally;
import org.smmulator.pcie.ledger.PacketInHand;
import org.smmulator.pcie.ledger.Violation;
import org.smmulator.pcie.ledger.ViolationLog;

/** Counts what devices send, and records which of the {@link ProtocolRule}s they break. */
final class Judge {
  private final ViolationLog violations;
  private final Tally<ProtocolRule> broken = new Tally<>(ProtocolRule.class);
  private final PacketInHand inHand;
  private long packets;

  /**
   * @param inHand shown the packets, for violations by others
   */
  Judge(ViolationLog violations, PacketInHand inHand) {
    this.violations = violations;
    this.inHand = inHand;
  }

  /** A packet has come from a device; what is found until {@link #handled} is about it. */
  void packet(AttachedFunction function, Tlp tlp) {
    packets++;
    inHand.take(function.id(), tlp);
  }

  void handled() {
    inHand.drop();
  }

  long packets() {
    return packets;
  }

  /** Violations of all kinds by devices that had an ID. */
  long violations(String device) {
    return violations.count(device);
  }

  /** Rules broken, each time. */
  long protocolViolations() {
    return violations.count(Violation.Kind.PROTOCOL);
  }

  /** How often devices broke each rule. */
  Counts<ProtocolRule> rulesBroken() {
    return broken.counts();
  }

  /** A function broke a rule; the text says in which way. */
  void broken(AttachedFunction function, ProtocolRule rule, String text) {
    broken(function, rule, NONE, NONE, NONE, text);
  }

  /** A function sent what software has not permitted it; the address if it has one. */
  void forbidden(AttachedFunction function, ProtocolRule rule, int pasid, long address) {
    function.count(FunctionCounter.PACKETS_NOT_PERMITTED);
    broken(function, rule, pasid, address, NONE, rule.toString());
  }

  void broken(
      AttachedFunction function,
      ProtocolRule rule,
      int pasid,
      long address,
      long frame,
      String text) {
    broken.count(rule);
    violations.record(
        new Violation(
            Violation.Kind.PROTOCOL,
            function.id(),
            pasid,
            address,
            frame,
            text,
            inHand.fields(function.id())));
  }
}
