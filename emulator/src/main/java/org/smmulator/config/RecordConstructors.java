package org.smmulator.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.Objects;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.deser.ValueInstantiator;
import tools.jackson.databind.deser.ValueInstantiators;
import tools.jackson.databind.deser.std.StdValueInstantiator;
import tools.jackson.databind.module.SimpleModule;

/**
 * Calls the constructors of records as reflection does. Jackson makes a method handle for each, and
 * the JVM over a hundred classes for them: a twentieth of the time of a command that reads a file.
 */
final class RecordConstructors extends ValueInstantiators.Base {
  private RecordConstructors() {}

  static JacksonModule module() {
    return new SimpleModule("records") {
      private static final long serialVersionUID = 1L;

      @Override
      public void setupModule(SetupContext context) {
        super.setupModule(context);
        context.addValueInstantiators(new RecordConstructors());
      }
    };
  }

  @Override
  public ValueInstantiator modifyValueInstantiator(
      DeserializationConfig config, BeanDescription.Supplier bean, ValueInstantiator made) {
    return bean.getBeanClass().isRecord() && made instanceof StdValueInstantiator standard
        ? new OfRecord(standard)
        : made;
  }

  private static final class OfRecord extends StdValueInstantiator {
    OfRecord(StdValueInstantiator standard) {
      super(standard);
    }

    @Override
    public Object createFromObjectWith(DeserializationContext context, Object[] components) {
      Constructor<?> constructor =
          (Constructor<?>) Objects.requireNonNull(getWithArgsCreator()).getAnnotated();
      try {
        return constructor.newInstance(components);
      } catch (InvocationTargetException e) {
        throw rewrapCtorProblem(context, Objects.requireNonNull(e.getCause()));
      } catch (ReflectiveOperationException e) {
        throw rewrapCtorProblem(context, e);
      }
    }
  }
}
