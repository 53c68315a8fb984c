package org.smmulator.guest;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.smmulator.guest.FakeMachine.SLOT;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.pci.DrivenDevice;
import org.smmulator.guest.pci.FakeFunction;
import org.smmulator.guest.pci.PciDevice;
import org.smmulator.guest.pci.PciDriver;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.guest.pci.generic.GenericDevice;

/**
 * Which driver a function gets. The drivers below are listed in {@code META-INF/services}, as those
 * of a jar would be.
 */
class DriverRegistryTest {
  private static final int VENDOR = 0x1af4;
  private static final int HAS_DRIVER = 0x7001;
  private static final int HAS_NONE = 0x7002;

  /** Of a jar: drives one kind of function, and says so. */
  public static final class OwnDriver implements PciDriver {
    /** A function that is left in peace. */
    record Own(PciDevice device) implements DrivenDevice {
      @Override
      public void detach() {}

      @Override
      public void removed() {}
    }

    @Override
    public String name() {
      return "own";
    }

    @Override
    public List<Id> ids() {
      return List.of(new Id(VENDOR, HAS_DRIVER));
    }

    @Override
    public DrivenDevice probe(Kernel kernel, PciDevice device, IommuDomain domain) {
      return new Own(device);
    }
  }

  /** Of a jar: cannot be made. */
  public static final class BrokenDriver implements PciDriver {
    public BrokenDriver() {
      throw new IllegalStateException("a bug of the plug-in's");
    }

    @Override
    public String name() {
      return "broken";
    }

    @Override
    public List<Id> ids() {
      return List.of(new Id(VENDOR, HAS_NONE));
    }

    @Override
    public DrivenDevice probe(Kernel kernel, PciDevice device, IommuDomain domain) {
      throw new IllegalStateException();
    }
  }

  /** Of a jar: claims what another driver drives. */
  public static final class GreedyDriver implements PciDriver {
    @Override
    public String name() {
      return "greedy";
    }

    @Override
    public List<Id> ids() {
      return List.of(new Id(VENDOR, HAS_DRIVER));
    }

    @Override
    public DrivenDevice probe(Kernel kernel, PciDevice device, IommuDomain domain) {
      throw new IllegalStateException("it drives nothing that others do not drive already");
    }
  }

  /** Of a jar: does not know what it drives. */
  public static final class ConfusedDriver implements PciDriver {
    @Override
    public String name() {
      return "confused";
    }

    @Override
    public List<Id> ids() {
      throw new IllegalStateException("a bug of the plug-in's");
    }

    @Override
    public DrivenDevice probe(Kernel kernel, PciDevice device, IommuDomain domain) {
      throw new IllegalStateException();
    }
  }

  private final FakeMachine machine = new FakeMachine(1);

  private static DrivenDevice driven(GuestKernel kernel) throws IommuException {
    return requireNonNull(kernel.awaitDriven(SLOT, FakeMachine.deadline(kernel)));
  }

  private void plug(FakeFunction function) {
    machine.pci.plug(SLOT.requesterId(), function);
  }

  private static FakeFunction function(int deviceId) {
    return new FakeFunction(VENDOR, deviceId).bar32(0, 0x1000);
  }

  @Test
  void aFunctionHasTheDriverThatAJarBringsForItsIds() {
    machine.run(
        kernel -> {
          plug(function(HAS_DRIVER));
          assertThat(driven(kernel)).isInstanceOf(OwnDriver.Own.class);
        });
  }

  @Test
  void theDriverOfTheDmaModelIsAmongThem() {
    machine.run(
        kernel -> {
          plug(FakeFunction.dmaEngine());
          assertThat(driven(kernel)).isInstanceOf(DmaEngine.class);
        });
  }

  @Test
  void aFunctionWithoutDriverIsForPrograms() {
    machine.run(
        kernel -> {
          plug(function(HAS_NONE));
          DrivenDevice device = driven(kernel);
          assertThat(device).isInstanceOf(GenericDevice.class);
          assertThat(device.device().iommuDevice().domain()).as("its domain").isNotNull();
          assertThat(kernel.engine(SLOT)).isNull();
          assertThatThrownBy(() -> FakeMachine.awaitEngine(kernel))
              .hasMessage("00:04.0 [1af4:7002] is no dma engine, or another driver has it");
        });
  }

  @ParameterizedTest
  @CsvSource({"0x0e, 1", "0x0b, 6"})
  void aBridgeHasNone(int register, int value) {
    machine.run(
        kernel -> {
          FakeFunction bridge = new FakeFunction(VENDOR, HAS_NONE).mask(register, 1, value);
          bridge.write(register, 1, value);
          plug(bridge);
          assertThatThrownBy(() -> driven(kernel)).hasMessage("no driver for 00:04.0 [1af4:7002]");
        });
  }

  @Test
  void aFunctionCanBeGivenToAnotherDriverUntilItIsUnplugged() {
    machine.run(
        kernel -> {
          plug(FakeFunction.dmaEngine());
          DrivenDevice first = driven(kernel);
          kernel.driveWith(SLOT, "generic");
          DrivenDevice second = driven(kernel);
          assertThat(second).isInstanceOf(GenericDevice.class);
          assertThat(second.device()).isSameAs(first.device());
          kernel.driveWith(SLOT, "dma");
          assertThat(driven(kernel)).isInstanceOf(DmaEngine.class).isNotSameAs(first);
          kernel.driveWith(SLOT, "generic");

          machine.pci.unplug(SLOT.requesterId());
          assertThat(kernel.awaitGone(SLOT, FakeMachine.deadline(kernel))).isTrue();
          plug(FakeFunction.dmaEngine());
          assertThat(driven(kernel)).isInstanceOf(DmaEngine.class);
        });
  }

  @Test
  void aDriverThatDoesNotExistIsNamedWithThoseThatDo() {
    machine.run(
        kernel ->
            assertThatThrownBy(() -> kernel.driveWith(SLOT, "vfio"))
                .hasMessage("no driver is called vfio; there are [dma, generic, greedy, own]"));
  }

  @Test
  void anEmptySlotCannotBeGivenToADriver() {
    machine.run(
        kernel ->
            assertThatThrownBy(() -> kernel.driveWith(SLOT, "generic"))
                .hasMessage("no function is at 00:04.0"));
  }

  @Test
  void aDriverThatFailsWithAFunctionChosenForItLeavesItUndriven() {
    machine.run(
        kernel -> {
          plug(FakeFunction.dmaEngine());
          PciDevice device = driven(kernel).device();
          assertThatThrownBy(() -> kernel.driveWith(SLOT, "greedy"))
              .isInstanceOf(IommuException.class)
              .hasMessageContaining("its driver failed");
          assertThat(device.iommuDevice().domain()).isNull();
          kernel.driveWith(SLOT, "dma");
          assertThat(driven(kernel)).isInstanceOf(DmaEngine.class);
        });
  }
}
