package org.smmulator.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.LinkedHashSet;
import java.util.Set;

/** The records that a machine file is bound to. */
final class RecordTypes {
  private RecordTypes() {}

  static Set<Class<?>> all() {
    Set<Class<?>> records = new LinkedHashSet<>();
    add(MachineConfig.class, records);
    return records;
  }

  private static void add(Type type, Set<Class<?>> records) {
    if (type instanceof ParameterizedType of) {
      add(Shape.argument(of, Shape.isMap(of) ? 1 : 0), records);
    } else if (type == Step.class) {
      Shape.steps().values().forEach(step -> add(step, records));
    } else if (type instanceof Class<?> record && isSection(record) && records.add(record)) {
      for (RecordComponent component : record.getRecordComponents()) {
        add(component.getGenericType(), records);
      }
    }
  }

  static boolean isSection(Class<?> type) {
    return type.isRecord() && !Shape.isText(type);
  }
}
