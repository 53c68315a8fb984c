package org.smmulator.guest.sva;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.smmulator.execution.explore.Exploration;
import org.smmulator.guest.Explored;

/**
 * A bug put into a copy of the guest while a test runs: in some methods of it calls go to {@link
 * PlantedCalls} instead. The test knows nothing of it.
 */
enum PlantedBug {
  /** What callbacks may still be in is freed at once. */
  NO_GRACE_PERIOD(new Swap("sva.IoMms", "put", "callAfterGrace", "atOnce")),
  /** As above, after a last unbind only. */
  NO_GRACE_PERIOD_AFTER_AN_UNBIND(
      new Swap("sva.IoMms", "put", "callAfterGrace", "atOnceIfUnbinding")),
  /** A lookup takes a reference to what has none any more. */
  ZERO_REFCOUNT_IGNORED(new Swap("sva.IoMms", "grabLocked", "getUnlessZero", "getAlways")),
  /** The structure of the address space is not kept for the driver's part. */
  NO_MMGRAB(
      new Swap("sva.IoMms", "make", "grab", "nothing"),
      new Swap("sva.IoMms", "free", "drop", "nothing")),
  /** It is given back before the driver's part is freed. */
  MMDROP_BEFORE_MM_FREE(
      new Swap("sva.IoMms", "free", "free", "dropAndFree"),
      new Swap("sva.IoMms", "free", "drop", "nothing")),
  /** Whoever finds an io_mm may use it before anybody would tell it of changes. */
  REFCOUNT_PUBLISHED_BEFORE_THE_NOTIFIER(
      new Swap("sva.IoMms", "make", "registerNotifier", "nothing"),
      new Swap("sva.IoMms", "make", "publish", "publishAndRegister")),
  /** Whoever finds an io_mm may read its PASID before it is there. */
  PASID_WRITTEN_AFTER_PUBLICATION(new Swap("sva.IoMms", "make", "publish", "publishAndWritePasid")),
  /** Linux's mmu_notifier_unregister in the place of the one without release. */
  UNREGISTER_THAT_CALLS_RELEASE(
      new Swap("mm.AddressSpace", "unregisterNotifierNoRelease", "unregister", "unregister")),
  /** Requests that were there when an unbind began are handled beside it. */
  NO_FAULT_FLUSH_BEFORE_AN_UNBIND(new Swap("sva.Unbinding", "unbind", "flushFaults", "nothing")),
  /** As above, for all bonds of a device. */
  NO_FAULT_FLUSH_BEFORE_A_SHUTDOWN(
      new Swap("sva.Unbinding", "unbindAll", "flushFaults", "nothing")),
  /** Requests that came before the CD went are handled after the bond's end. */
  NO_FAULT_FLUSH_AFTER_A_DETACH(
      new Swap("sva.BondAttachment", "isDrained", "flushFaults", "nothing")),
  /** A device can walk before anybody would tell it of changes. */
  CD_BEFORE_THE_BOND(
      new Swap("sva.BondAttachment", "listLocked", "listLocked", "nothing"),
      new Swap("sva.BondAttachment", "attach", "attach", "attachAndList")),
  /** Devices are told of a change that CPUs may not have noticed. */
  NOTIFIER_BEFORE_THE_CPUS_FLUSH(
      new Swap("mm.MmuGather", "finish", "flush", "later"),
      new Swap("mm.MmuGather", "finish", "invalidateRange", "notifyThenFlush")),
  /** A device goes on with its cached translation, and its accesses set no access flag. */
  AGEING_THAT_INVALIDATES_NOTHING(new Swap("sva.IoMm", "clearFlushYoung", "invalidate", "nothing")),
  /** A PASID that a device may still use is handed out again. */
  PASID_FREED_DESPITE_ITS_QUARANTINE(new Swap("sva.IoMms", "unlist", "holdsLocked", "never")),
  /** A PASID is handed out again while page requests still name it. */
  PASID_FREED_BEFORE_THE_DRAIN(
      new Swap("sva.IoMms", "unlist", "free", "nothing"),
      new Swap("sva.BondAttachment", "finish", "drain", "freeAndDrain"),
      new Swap("sva.NotifierRelease", "release", "drain", "freeAndDrain")),
  /** Of two who drop references at once one may count what the other has not yet written. */
  REFERENCES_DROPPED_BY_PLAIN_WRITES(
      new Swap("sched.Kref", "put", "decrementAndGet", "decrementPlainly"));

  /** In one method one call that is replaced. */
  private record Swap(String className, String method, String call, String instead) {
    boolean isIn(String name) {
      return name.equals(GUEST + className);
    }

    /** The first argument: in other packages, whose types have no name here, any object. */
    String receiver(String owner) {
      return className.startsWith("sva.") ? owner : "java/lang/Object";
    }
  }

  private static final String GUEST = "org.smmulator.guest.";

  @SuppressWarnings("ImmutableEnumChecker") // An unmodifiable list of records of strings.
  private final List<Swap> swaps;

  PlantedBug(Swap... swaps) {
    this.swaps = List.of(swaps);
  }

  /**
   * Runs a test of this package on a guest with the bug; throws what the test throws.
   *
   * @return what the test explored last
   */
  Exploration during(Class<?> test, String testMethod) throws Throwable {
    Copy copy = new Copy();
    Class<?> copied = copy.loadClass(test.getName());
    Method body = copied.getDeclaredMethod(testMethod);
    body.setAccessible(true);
    var constructor = copied.getDeclaredConstructor();
    constructor.setAccessible(true);
    Throwable thrown = null;
    try {
      body.invoke(constructor.newInstance());
    } catch (InvocationTargetException e) {
      thrown = e.getCause();
    }
    copy.assertComplete();
    if (thrown != null) {
      throw thrown;
    }
    Method last = copy.loadClass(Explored.class.getName()).getDeclaredMethod("last");
    last.setAccessible(true);
    return (Exploration) last.invoke(null);
  }

  /** Puts the classes that have the bug into a directory, to be searched before the others. */
  void writeTo(Path directory) throws IOException {
    Copy copy = new Copy();
    for (Swap swap : swaps) {
      String name = GUEST + swap.className;
      Path file = directory.resolve(name.replace('.', '/') + ".class");
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      Files.write(file, copy.planted(copy.bytesOf(name), name));
    }
    copy.assertComplete();
  }

  /** The guest and its tests, loaded once more. */
  private final class Copy extends ClassLoader {
    private final List<Swap> swapped = new ArrayList<>();

    Copy() {
      super(PlantedBug.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith(GUEST)) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> known = findLoadedClass(name);
        return known == null ? define(name) : known;
      }
    }

    private void assertComplete() {
      if (swapped.size() != swaps.size()) {
        throw new AssertionError(PlantedBug.this + ": of " + swaps + " took place " + swapped);
      }
    }

    private byte[] bytesOf(String name) throws IOException {
      String file = name.replace('.', '/') + ".class";
      try (InputStream in = getParent().getResourceAsStream(file)) {
        if (in == null) {
          throw new FileNotFoundException(file);
        }
        return in.readAllBytes();
      }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
      try {
        byte[] bytes = bytesOf(name);
        boolean planted = swaps.stream().anyMatch(swap -> swap.isIn(name));
        byte[] loaded = planted ? planted(bytes, name) : bytes;
        return defineClass(name, loaded, 0, loaded.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }

    private byte[] planted(byte[] bytes, String name) {
      ClassWriter writer = new ClassWriter(0);
      new ClassReader(bytes).accept(new Planter(writer, this, name), 0);
      return writer.toByteArray();
    }
  }

  private final class Planter extends ClassVisitor {
    private final Copy copy;
    private final String className;

    Planter(ClassVisitor next, Copy copy, String className) {
      super(Opcodes.ASM9, next);
      this.copy = copy;
      this.className = className;
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String name, String descriptor, String signature, String[] exceptions) {
      MethodVisitor next = super.visitMethod(access, name, descriptor, signature, exceptions);
      for (Swap swap : swaps) {
        if (swap.isIn(className) && swap.method.equals(name)) {
          next = new Swapper(next, copy, swap);
        }
      }
      return next;
    }
  }

  private static final class Swapper extends MethodVisitor {
    private final Copy copy;
    private final Swap swap;

    Swapper(MethodVisitor next, Copy copy, Swap swap) {
      super(Opcodes.ASM9, next);
      this.copy = copy;
      this.swap = swap;
    }

    @Override
    public void visitMethodInsn(
        int opcode, String owner, String name, String descriptor, boolean isInterface) {
      if (name.equals(swap.call)) {
        copy.swapped.add(swap);
        // The receiver becomes the first argument; of other packages, as an object.
        String arguments = "(L" + swap.receiver(owner) + ";" + descriptor.substring(1);
        String calls = PlantedCalls.class.getName().replace('.', '/');
        super.visitMethodInsn(Opcodes.INVOKESTATIC, calls, swap.instead, arguments, false);
      } else {
        super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
      }
    }
  }
}
