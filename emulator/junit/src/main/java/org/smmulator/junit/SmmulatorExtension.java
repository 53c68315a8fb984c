package org.smmulator.junit;

import java.lang.reflect.Method;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.DynamicTestInvocationContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.smmulator.api.Smmulator;
import org.smmulator.guest.GuestKernel;

/** What {@link SmmulatorMachine} does. */
final class SmmulatorExtension
    implements ParameterResolver, BeforeEachCallback, AfterEachCallback, InvocationInterceptor {
  private static final Namespace NAMESPACE = Namespace.create(SmmulatorExtension.class);

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    Optional<SmmulatorMachine> wanted =
        AnnotationSupport.findAnnotation(context.getRequiredTestMethod(), SmmulatorMachine.class)
            .or(
                () ->
                    AnnotationSupport.findAnnotation(
                        context.getRequiredTestClass(),
                        SmmulatorMachine.class,
                        context.getEnclosingTestClasses()));
    context
        .getStore(NAMESPACE)
        .put(MachineOfTest.class, MachineOfTest.start(wanted.orElseThrow(), context));
  }

  private static MachineOfTest of(ExtensionContext context) {
    MachineOfTest machine =
        context.getStore(NAMESPACE).get(MachineOfTest.class, MachineOfTest.class);
    if (machine == null) {
      throw new ParameterResolutionException(
          "there is a machine for each test: it is a parameter of @Test, @BeforeEach and"
              + " @AfterEach methods, not of a constructor or of what is done once for a class");
    }
    return machine;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == Smmulator.class || type == GuestKernel.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Smmulator machine = of(context).machine();
    return parameter.getParameter().getType() == GuestKernel.class ? machine.kernel() : machine;
  }

  @Override
  public void interceptBeforeEachMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    Void unused = of(context).run(invocation);
  }

  @Override
  public void interceptTestMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    Void unused = of(context).run(invocation);
  }

  @Override
  public void interceptTestTemplateMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    Void unused = of(context).run(invocation);
  }

  @Override
  public <T> T interceptTestFactoryMethod(
      Invocation<T> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    return of(context).run(invocation);
  }

  @Override
  public void interceptDynamicTest(
      Invocation<@Nullable Void> invocation,
      DynamicTestInvocationContext test,
      ExtensionContext context)
      throws Throwable {
    Void unused = of(context).run(invocation);
  }

  @Override
  public void interceptAfterEachMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    Void unused = of(context).run(invocation);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    MachineOfTest machine =
        context.getStore(NAMESPACE).remove(MachineOfTest.class, MachineOfTest.class);
    if (machine != null) {
      machine.end(context.getExecutionException().orElse(null));
    }
  }
}
