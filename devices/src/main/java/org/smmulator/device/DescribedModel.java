package org.smmulator.device;

import java.util.function.LongConsumer;

/** A model of somebody else's that has said what it looks like, and is not asked again. */
record DescribedModel(DeviceModel model, PciFunction function) implements DeviceModel {
  @Override
  public void start(DeviceContext context) {
    model.start(context);
  }

  @Override
  public long readBar(int bar, long offset, int sizeBytes) {
    return model.readBar(bar, offset, sizeBytes);
  }

  @Override
  public void readBar(int bar, long offset, int sizeBytes, LongConsumer answer) {
    model.readBar(bar, offset, sizeBytes, answer);
  }

  @Override
  public void writeBar(int bar, long offset, int sizeBytes, long value) {
    model.writeBar(bar, offset, sizeBytes, value);
  }

  @Override
  public void reset() {
    model.reset();
  }

  @Override
  public void reset(Runnable over) {
    model.reset(over);
  }

  @Override
  public void stop() {
    model.stop();
  }
}
