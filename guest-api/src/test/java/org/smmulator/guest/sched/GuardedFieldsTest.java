package org.smmulator.guest.sched;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Holds the code against {@link Guarded}, by what its methods touch and call. What it cannot see is
 * the order of steps within one method.
 */
class GuardedFieldsTest {
  private static final Set<String> TAKING = Set.of("lock", "lockKillable");

  @Test
  void guardedFieldsAreTouchedUnderTheirLock() {
    JavaClasses guest =
        new ClassFileImporter()
            .withImportOption(new DoNotIncludeTests())
            .importPackages("org.smmulator.guest");
    assertThat(guardedFields(guest)).as("guarded fields found").hasSizeGreaterThan(30);
    assertThat(violations(guest)).isEmpty();
  }

  @Test
  void whatIsPlantedIsFound() {
    JavaClasses planted = new ClassFileImporter().importClasses(Planted.class);
    assertThat(violations(planted))
        .containsExactlyInAnyOrder(
            "Planted.forgets touches value, guarded by lock, and does not take it",
            "Planted.forgetsInLambda touches value, guarded by lock, and does not take it",
            "Planted.takesTheWrongOne touches value, guarded by lock, and does not take it",
            "Planted.callsWithout calls addLocked and takes no lock");
  }

  /** As a careless change would leave a class. */
  @SuppressWarnings("unused")
  static final class Planted {
    private final SpinLock lock;
    private final SpinLock other;

    @Guarded(by = "lock")
    private int value;

    Planted(Sched sched) {
      lock = sched.spinLock("lock");
      other = sched.spinLock("other");
      value = 1;
    }

    int right() {
      lock.lock();
      try {
        addLocked(1);
        return value;
      } finally {
        lock.unlock();
      }
    }

    private void addLocked(int more) {
      value += more;
    }

    int forgets() {
      return value;
    }

    Runnable forgetsInLambda() {
      return () -> value++;
    }

    int takesTheWrongOne() {
      other.lock();
      try {
        return value;
      } finally {
        other.unlock();
      }
    }

    void callsWithout() {
      addLocked(1);
    }
  }

  private static List<JavaField> guardedFields(JavaClasses classes) {
    return classes.stream()
        .flatMap(type -> type.getFields().stream())
        .filter(field -> field.isAnnotatedWith(Guarded.class))
        .toList();
  }

  private static List<String> violations(JavaClasses classes) {
    List<String> found = new ArrayList<>();
    for (JavaField field : guardedFields(classes)) {
      String by =
          (String) field.getAnnotationOfType(Guarded.class.getName()).get("by").orElseThrow();
      for (JavaAccess<?> access : field.getAccessesToSelf()) {
        JavaCodeUnit user = access.getOwner();
        if (!user.isConstructor() && !isLocked(user.getName()) && !takes(user, field, by)) {
          found.add(
              "%s touches %s, guarded by %s, and does not take it"
                  .formatted(name(user), field.getName(), by));
        }
      }
    }
    for (JavaClass type : classes) {
      for (JavaMethod method : type.getMethods()) {
        if (isLocked(method.getName())) {
          callsWithoutLock(method, found);
        }
      }
    }
    return found.stream().distinct().sorted().toList();
  }

  private static void callsWithoutLock(JavaMethod method, List<String> found) {
    for (JavaAccess<?> call : method.getAccessesToSelf()) {
      JavaCodeUnit user = call.getOwner();
      if (!isLocked(user.getName()) && !takesAny(user)) {
        found.add("%s calls %s and takes no lock".formatted(name(user), method.getName()));
      }
    }
  }

  private static String name(JavaCodeUnit user) {
    return user.getOwner().getSimpleName() + "." + user.getName();
  }

  private static boolean isLocked(String method) {
    return method.endsWith("Locked");
  }

  /** Takes a lock, or hands what it does to a method that does it under one. */
  private static boolean takesAny(JavaCodeUnit user) {
    return user.getMethodCallsFromSelf().stream()
        .map(JavaAccess::getTarget)
        .anyMatch(GuardedFieldsTest::isTaking);
  }

  private static boolean isTaking(AccessTarget target) {
    return (isLock(target.getOwner()) && TAKING.contains(target.getName()))
        || isUnderLock(target.getName())
        || target.resolveMember().filter(GuardedFieldsTest::isTakingForItsCaller).isPresent();
  }

  /** Takes a lock and leaves it to the caller to give it back. */
  private static boolean isTakingForItsCaller(JavaMember member) {
    return member instanceof JavaMethod method
        && calls(method, TAKING)
        && !calls(method, Set.of("unlock"));
  }

  private static boolean calls(JavaMethod method, Set<String> names) {
    return method.getMethodCallsFromSelf().stream()
        .map(JavaAccess::getTarget)
        .anyMatch(target -> isLock(target.getOwner()) && names.contains(target.getName()));
  }

  private static boolean isLock(JavaClass type) {
    return type.isEquivalentTo(SpinLock.class) || type.isEquivalentTo(Mutex.class);
  }

  private static boolean isUnderLock(String method) {
    return method.matches("(.*U|u)nder.*Lock");
  }

  /** Takes a lock, and looks at the field or the method that gives the one named. */
  private static boolean takes(JavaCodeUnit user, JavaField guarded, String by) {
    String lock = by.substring(by.indexOf('.') + 1);
    String type =
        by.equals(lock) ? guarded.getOwner().getSimpleName() : by.substring(0, by.indexOf('.'));
    return takesAny(user)
        && user.getAccessesFromSelf().stream()
            .map(JavaAccess::getTarget)
            .anyMatch(
                target ->
                    isUnderLock(target.getName())
                        || (target.getName().equals(lock)
                            && target.getOwner().getSimpleName().equals(type)));
  }
}
