package dev.atlas.it.sim.byzantine;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;

/** How to take the records of a class apart and to make one: asking the class for it each time costs more than all else that a liar does. */
final class RecordShape {

    private final Method[] accessors;
    private final Constructor<?> constructor;

    RecordShape(Class<? extends Record> type) {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        accessors = new Method[components.length];
        try {
            for (int index = 0; index < components.length; index++) {
                types[index] = components[index].getType();
                // Unlike the component's own method, which is another each time, this one shares what makes it fast.
                accessors[index] = type.getDeclaredMethod(components[index].getName());
            }
            constructor = type.getDeclaredConstructor(types);
        } catch (NoSuchMethodException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** The components' values, in order. */
    Object[] values(Record message) {
        Object[] values = new Object[accessors.length];
        try {
            for (int index = 0; index < values.length; index++) {
                values[index] = accessors[index].invoke(message);
            }
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        }
        return values;
    }

    /**
     * @throws IllegalArgumentException if the record refuses a value
     */
    Object make(Object[] values) {
        try {
            return constructor.newInstance(values);
        } catch (InvocationTargetException refused) {
            throw new IllegalArgumentException(refused.getCause());
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
