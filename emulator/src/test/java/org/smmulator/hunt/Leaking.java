package org.smmulator.hunt;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** The machine and its tests, loaded once more, with one method that does nothing. */
final class Leaking extends ClassLoader {
  private static final String OURS = "org.smmulator.";

  private final String className;
  private final String method;
  private int emptied;

  /**
   * @param className fully qualified
   * @param method without a result
   */
  Leaking(String className, String method) {
    super(Leaking.class.getClassLoader());
    this.className = className;
    this.method = method;
  }

  /** How many methods do nothing. */
  int emptied() {
    return emptied;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(OURS)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      return known == null ? define(name) : known;
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      byte[] bytes = in.readAllBytes();
      byte[] loaded = name.equals(className) ? emptied(bytes) : bytes;
      return defineClass(name, loaded, 0, loaded.length);
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }

  private byte[] emptied(byte[] bytes) {
    ClassWriter writer = new ClassWriter(0);
    new ClassReader(bytes).accept(new Emptying(writer), 0);
    return writer.toByteArray();
  }

  private final class Emptying extends ClassVisitor {
    Emptying(ClassVisitor next) {
      super(Opcodes.ASM9, next);
    }

    @Override
    public @Nullable MethodVisitor visitMethod(
        int access, String name, String descriptor, String signature, String[] exceptions) {
      MethodVisitor next = super.visitMethod(access, name, descriptor, signature, exceptions);
      if (!name.equals(method) || !descriptor.endsWith(")V")) {
        return next;
      }
      emptied++;
      next.visitCode();
      next.visitInsn(Opcodes.RETURN);
      next.visitMaxs(0, 1 + 2 * descriptor.length());
      next.visitEnd();
      return null;
    }
  }
}
