package org.smmulator.guest.sva;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * A bug put into a copy of the guest while a test runs: in one method of it one call goes to {@link
 * PlantedCalls} instead. The test knows nothing of it.
 */
enum PlantedBug {
  /** A last unbind frees at once what callbacks may still be in. */
  NO_GRACE_PERIOD_AFTER_AN_UNBIND("IoMms", "put", "callAfterGrace", "atOnceIfUnbinding"),
  /** A lookup takes a reference to what has none any more. */
  ZERO_REFCOUNT_IGNORED("IoMms", "grabLocked", "getUnlessZero", "getAlways");

  private static final String GUEST = "org.smmulator.guest.";
  private static final String SVA = GUEST + "sva.";

  private final String className;
  private final String method;
  private final String call;
  private final String instead;

  PlantedBug(String simpleName, String method, String call, String instead) {
    this.className = SVA + simpleName;
    this.method = method;
    this.call = call;
    this.instead = instead;
  }

  /** Runs a test of this package on a guest with the bug; throws what the test throws. */
  void during(Class<?> test, String testMethod) throws Throwable {
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
    if (copy.replaced != 1) {
      throw new AssertionError(
          "%s: %s.%s calls %s %d times".formatted(this, className, method, call, copy.replaced));
    }
    if (thrown != null) {
      throw thrown;
    }
  }

  /** The guest and its tests, loaded once more. */
  private final class Copy extends ClassLoader {
    private int replaced;

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

    private Class<?> define(String name) throws ClassNotFoundException {
      String file = name.replace('.', '/') + ".class";
      try (InputStream in = getParent().getResourceAsStream(file)) {
        if (in == null) {
          throw new ClassNotFoundException(name);
        }
        byte[] bytes = in.readAllBytes();
        byte[] loaded = name.equals(className) ? planted(bytes) : bytes;
        return defineClass(name, loaded, 0, loaded.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }

    private byte[] planted(byte[] bytes) {
      ClassWriter writer = new ClassWriter(0);
      new ClassReader(bytes).accept(new Planter(writer, this), 0);
      return writer.toByteArray();
    }
  }

  private final class Planter extends ClassVisitor {
    private final Copy copy;

    Planter(ClassVisitor next, Copy copy) {
      super(Opcodes.ASM9, next);
      this.copy = copy;
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String name, String descriptor, String signature, String[] exceptions) {
      MethodVisitor next = super.visitMethod(access, name, descriptor, signature, exceptions);
      return name.equals(method) ? new CallReplacer(next, copy) : next;
    }
  }

  private final class CallReplacer extends MethodVisitor {
    private final Copy copy;

    CallReplacer(MethodVisitor next, Copy copy) {
      super(Opcodes.ASM9, next);
      this.copy = copy;
    }

    @Override
    public void visitMethodInsn(
        int opcode, String owner, String name, String descriptor, boolean isInterface) {
      if (name.equals(call)) {
        copy.replaced++;
        // The receiver becomes the first argument.
        super.visitMethodInsn(
            Opcodes.INVOKESTATIC,
            (SVA + "PlantedCalls").replace('.', '/'),
            instead,
            "(L" + owner + ";" + descriptor.substring(1),
            false);
      } else {
        super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
      }
    }
  }
}
