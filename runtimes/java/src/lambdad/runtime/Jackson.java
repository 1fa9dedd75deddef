package lambdad.runtime;

import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;

/** The function's own Jackson, by reflection: nothing of it is known here at compile time. */
final class Jackson {
    private static final String DATABIND = "com.fasterxml.jackson.databind.";

    private final Object mapper;
    private final Method constructType;
    private final Method readValue;
    private final Method writeValue;

    private Jackson(FunctionClasses classes, Class<?> mapperClass) throws ReflectiveOperationException {
        mapper = mapperClass.getConstructor().newInstance();
        Class<?> javaType = classes.load(DATABIND + "JavaType");
        constructType = mapperClass.getMethod("constructType", Type.class);
        readValue = mapperClass.getMethod("readValue", byte[].class, javaType);
        writeValue = mapperClass.getMethod("writeValueAsBytes", Object.class);
        configure(classes, "DeserializationFeature", "FAIL_ON_UNKNOWN_PROPERTIES", false);
        configure(classes, "DeserializationFeature", "ACCEPT_SINGLE_VALUE_AS_ARRAY", true);
        configure(classes, "SerializationFeature", "FAIL_ON_EMPTY_BEANS", false);
        Class<?> inclusion = classes.load("com.fasterxml.jackson.annotation.JsonInclude$Include");
        mapperClass.getMethod("setSerializationInclusion", inclusion).invoke(mapper, constant(inclusion, "NON_NULL"));
        // Modules for java.time and Optional, where the function brings them.
        mapperClass.getMethod("findAndRegisterModules").invoke(mapper);
    }

    /** Null where the function does not bring it, or one that is not like the Jackson we know. */
    static Jackson of(FunctionClasses classes) {
        Class<?> mapperClass = classes.find(DATABIND + "ObjectMapper");
        if (mapperClass == null) return null;
        try {
            return new Jackson(classes, mapperClass);
        } catch (ReflectiveOperationException | LinkageError error) {
            return null;
        }
    }

    private void configure(FunctionClasses classes, String kind, String name, boolean state)
        throws ReflectiveOperationException {
        Class<?> feature = classes.load(DATABIND + kind);
        mapper.getClass().getMethod("configure", feature, boolean.class).invoke(mapper, constant(feature, name), state);
    }

    private static Object constant(Class<?> type, String name) throws ReflectiveOperationException {
        Field field = type.getField(name);
        return field.get(null);
    }

    Serializer serializer(Type type) {
        Object javaType = called(constructType, type);
        return new Serializer() {
            @Override
            public Object read(byte[] json) {
                return called(readValue, json, javaType);
            }

            @Override
            public byte[] write(Object value) {
                return (byte[]) called(writeValue, value);
            }
        };
    }

    private Object called(Method method, Object... arguments) {
        try {
            return method.invoke(mapper, arguments);
        } catch (InvocationTargetException error) {
            throw Sneaky.thrown(error.getCause());
        } catch (IllegalAccessException error) {
            throw new IllegalStateException(error);
        }
    }
}
