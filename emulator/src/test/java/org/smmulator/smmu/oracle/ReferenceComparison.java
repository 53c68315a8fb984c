package org.smmulator.smmu.oracle;

import org.jspecify.annotations.Nullable;

/**
 * Random machines, one after the other, each from its own seed: built, damaged a little, accessed,
 * edited, invalidated, and compared with the reference at every access.
 */
final class ReferenceComparison {
  private static final int EDITS = 40;

  private final Arena arena = new Arena();
  private final Coverage coverage = new Coverage();
  private long accesses;

  Coverage coverage() {
    return coverage;
  }

  long accesses() {
    return accesses;
  }

  /** One machine's whole life. */
  void run(long seed) {
    Chance chance = new Chance(seed);
    arena.reset();
    SmmuUnderTest smmu = SmmuUnderTest.random(chance, arena);
    Driver driver = new Driver(smmu, arena);
    RandomMachine machine = new MachineBuilder(chance, arena, driver).build();
    AccessGenerator generator = new AccessGenerator(chance, machine, smmu);
    driver.globalAbort(chance.percent(30));
    Comparison disabled = new Comparison(chance, smmu, arena, driver, coverage);
    for (int i = 0; i < 10; i++) {
      boolean unused = disabled.check(generator.next());
    }
    accesses += disabled.accesses();
    Invalidation invalidation = new Invalidation(chance, machine, driver);
    Editor editor = new Editor(chance, arena, machine, invalidation);
    damage(chance, machine, editor);
    driver.enable(chance.percent(80), machine.registers.vmidGroups() ? chance.below(8) : 0);
    machine.registers = driver.registers();
    Comparison comparison = new Comparison(chance, smmu, arena, driver, coverage);
    RegisterRequests registers = new RegisterRequests(chance, smmu, arena, comparison, coverage);
    Life life = new Life(chance, machine, generator, comparison, registers, invalidation);
    life.accesses(200, null);
    for (int i = 0; i < EDITS; i++) {
      Edit edit = editor.next();
      if (edit != null) {
        life.live(edit);
        if (chance.percent(80)) {
          life.live(edit);
        }
      }
    }
    accesses += comparison.accesses();
  }

  private void damage(Chance chance, RandomMachine machine, Editor editor) {
    machine.mayBeDamaged = chance.percent(40);
    if (machine.streams.isEmpty() || !machine.mayBeDamaged) {
      return;
    }
    for (int i = chance.between(1, 5); i > 0; i--) {
      Edit edit = editor.damage(chance.oneOf(machine.streams));
      arena.poke(edit.pa(), arena.peek(edit.pa()) ^ edit.mask());
      machine.chaotic = true;
    }
  }

  /** The enabled part of a machine's life. */
  private final class Life {
    private final Chance chance;
    private final RandomMachine machine;
    private final AccessGenerator generator;
    private final Comparison comparison;
    private final RegisterRequests registers;
    private final Invalidation invalidation;

    Life(
        Chance chance,
        RandomMachine machine,
        AccessGenerator generator,
        Comparison comparison,
        RegisterRequests registers,
        Invalidation invalidation) {
      this.chance = chance;
      this.machine = machine;
      this.generator = generator;
      this.comparison = comparison;
      this.registers = registers;
      this.invalidation = invalidation;
    }

    void live(Edit edit) {
      long before = arena.peek(edit.pa());
      arena.poke(edit.pa(), before ^ edit.mask());
      comparison.noteEdit(edit);
      machine.chaotic |= edit.chaotic();
      if (edit.window()) {
        comparison.edited(edit.pa(), before);
        accesses(6, edit);
        if (chance.percent(50)) {
          edit.notEnough().run();
        }
        accesses(6, edit);
      }
      if (machine.chaotic) {
        invalidation.all();
      } else {
        edit.invalidation().run();
      }
      comparison.invalidated();
      accesses(35, edit);
      for (int i = 0; i < 4 && machine.registers.atos(); i++) {
        if (registers.check(near(edit)) && machine.chaotic) {
          invalidation.all();
        }
      }
    }

    /** Accesses, many of them to where the edit was. */
    void accesses(int count, @Nullable Edit edit) {
      for (int i = 0; i < count; i++) {
        boolean wrote = comparison.check(near(edit));
        if (wrote && machine.chaotic) {
          invalidation.all();
        }
      }
    }

    private ClientAccess near(@Nullable Edit edit) {
      if (edit == null || edit.stream() == null || chance.percent(30)) {
        return generator.next();
      }
      if (edit.context() == null || chance.percent(20)) {
        return generator.of(edit.stream());
      }
      return generator.of(edit.stream(), edit.context(), edit.slot());
    }
  }
}
