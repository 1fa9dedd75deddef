package lambdad.runtime;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.TemporalAccessor;
import java.util.Base64;
import java.util.Date;
import java.util.UUID;

/** Values that JSON has as a string, a number or a boolean. */
final class Scalars {
    /** Numbers below it are seconds, as in events of DynamoDB and Kinesis: as milliseconds they were in 1973. */
    private static final double MILLISECONDS_MIN = 1e11;
    private static final String[] FACTORIES = {"parse", "valueOf", "fromString"};

    private Scalars() {}

    static String text(Object value) {
        if (value instanceof String || value instanceof Number || value instanceof Boolean) return value.toString();
        throw new IllegalArgumentException("No string: " + kindOf(value));
    }

    private static String kindOf(Object value) {
        return value instanceof java.util.Map ? "an object" : value instanceof java.util.List ? "an array" : "" + value;
    }

    static Object toType(Object value, Class<?> raw) {
        if (raw.isEnum()) return constant(raw, text(value));
        if (raw == boolean.class || raw == Boolean.class) return truth(value);
        if (raw == char.class || raw == Character.class) return text(value).charAt(0);
        if (raw.isPrimitive() || Number.class.isAssignableFrom(raw)) return number(new BigDecimal(text(value).trim()), raw);
        if (raw == Date.class) return new Date(millisOf(value));
        if (raw == Instant.class && value instanceof Number) return Instant.ofEpochMilli(millisOf(value));
        if (raw == CharSequence.class || raw == Comparable.class || raw.isInstance(value)) return value;
        return made(text(value), raw);
    }

    /** Null for a word that is none of its constants, as in Lambda's serializer. */
    private static Object constant(Class<?> raw, String name) {
        for (Object each : raw.getEnumConstants()) if (((Enum<?>) each).name().equals(name)) return each;
        return null;
    }

    private static Boolean truth(Object value) {
        if (value instanceof Boolean) return (Boolean) value;
        if ("true".equals(value) || "false".equals(value)) return Boolean.valueOf((String) value);
        throw new IllegalArgumentException("No boolean: " + kindOf(value));
    }

    private static Object number(BigDecimal value, Class<?> raw) {
        if (raw == int.class || raw == Integer.class) return value.toBigInteger().intValueExact();
        if (raw == long.class || raw == Long.class) return value.toBigInteger().longValueExact();
        if (raw == short.class || raw == Short.class) return value.toBigInteger().shortValueExact();
        if (raw == byte.class || raw == Byte.class) return value.toBigInteger().byteValueExact();
        if (raw == float.class || raw == Float.class) return value.floatValue();
        if (raw == BigInteger.class) return value.toBigInteger();
        if (raw == BigDecimal.class) return value;
        if (raw == double.class || raw == Double.class || raw == Number.class) return value.doubleValue();
        throw new IllegalArgumentException("No number for " + raw.getName());
    }

    private static long millisOf(Object value) {
        if (value instanceof String) return Instant.parse((String) value).toEpochMilli();
        double number = ((Number) value).doubleValue();
        return Math.round(Math.abs(number) < MILLISECONDS_MIN ? number * 1000 : number);
    }

    /** By the factory that a type has for texts: java.time's, UUID's, Joda's. */
    private static Object made(String text, Class<?> raw) {
        for (String name : FACTORIES) {
            for (Class<?> parameter : new Class<?>[] {String.class, CharSequence.class}) {
                try {
                    Method factory = raw.getMethod(name, parameter);
                    return factory.invoke(null, text);
                } catch (NoSuchMethodException none) {
                    // The next one, then.
                } catch (InvocationTargetException error) {
                    throw Sneaky.thrown(error.getCause());
                } catch (IllegalAccessException | NullPointerException error) {
                    throw new IllegalArgumentException("No " + raw.getName() + ": " + text, error);
                }
            }
        }
        try {
            return raw.getConstructor(String.class).newInstance(text);
        } catch (ReflectiveOperationException error) {
            throw new IllegalArgumentException("A string is no " + raw.getName(), error);
        }
    }

    /** Null for what is none of them. */
    static Object fromValue(Object value) {
        if (value instanceof String || value instanceof Number || value instanceof Boolean) return value;
        if (value instanceof CharSequence || value instanceof Character) return value.toString();
        if (value instanceof Enum) return ((Enum<?>) value).name();
        if (value instanceof Date) return ((Date) value).getTime();
        if (value instanceof byte[]) return Base64.getEncoder().encodeToString((byte[]) value);
        if (value instanceof ByteBuffer) return encoded(((ByteBuffer) value).duplicate());
        if (value instanceof TemporalAccessor || value instanceof UUID) return value.toString();
        if (value != null && value.getClass().getName().startsWith("org.joda.time.")) return value.toString();
        return null;
    }

    private static String encoded(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }
}
