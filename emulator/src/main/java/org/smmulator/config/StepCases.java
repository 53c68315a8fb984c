package org.smmulator.config;

/**
 * What somebody does for each kind of step; whoever forgets one does not compile.
 *
 * @param <E> what may go wrong
 */
public interface StepCases<E extends Exception> {
  void startProcess(Step.StartProcess step) throws E;

  void bind(Step.Bind step) throws E;

  void dma(Step.Dma step) throws E;

  void await(Step.Wait step) throws E;

  void write(Step.Write step) throws E;

  void munmap(Step.Munmap step) throws E;

  void mprotect(Step.Mprotect step) throws E;

  void fork(Step.Fork step) throws E;

  void age(Step.Age step) throws E;

  void unbind(Step.Unbind step) throws E;

  void unbindWhileBusy(Step.UnbindWhileBusy step) throws E;

  void detachDomain(Step.DetachDomain step) throws E;

  void kill(Step.Kill step) throws E;

  void exit(Step.Exit step) throws E;

  void verify(Step.Verify step) throws E;

  void unplug(Step.Unplug step) throws E;

  void inject(Step.Inject step) throws E;

  void memory(MemoryStep step) throws E;

  void device(DeviceStep step) throws E;

  void program(Step.Program step) throws E;

  void expect(Expect step) throws E;

  void repeat(Repeat step) throws E;

  void parallel(Parallel step) throws E;

  void at(At step) throws E;
}
