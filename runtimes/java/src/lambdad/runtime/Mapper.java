package lambdad.runtime;

import java.lang.reflect.Array;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.Collections;
import java.util.concurrent.ConcurrentHashMap;

/** Between what JSON says and a function's own types. */
final class Mapper {
    private final Map<Class<?>, Bean> beans = new ConcurrentHashMap<>();

    Bean beanOf(Class<?> type) {
        return beans.computeIfAbsent(type, Bean::of);
    }

    Object toType(Object value, Type type) {
        Class<?> raw = Types.rawClass(type);
        if (raw == Optional.class) return Optional.ofNullable(toType(value, argument(type, Optional.class, 0)));
        if (value == null) return raw.isPrimitive() ? zeroOf(raw) : null;
        if (raw == Object.class) return value;
        if (raw == String.class) return Scalars.text(value);
        if (raw == byte[].class) return Base64.getDecoder().decode(Scalars.text(value));
        if (raw == ByteBuffer.class) return ByteBuffer.wrap(Base64.getDecoder().decode(Scalars.text(value)));
        if (raw.isArray()) return toArray(value, Types.rawClass(raw.getComponentType()));
        if (Map.class.isAssignableFrom(raw) && value instanceof Map) return toMap((Map<?, ?>) value, type, raw);
        if (Collection.class.isAssignableFrom(raw)) return toCollection(value, type, raw);
        if (value instanceof Map) return beanOf(raw).read((Map<?, ?>) value, type, this);
        return Scalars.toType(value, raw);
    }

    private static Object zeroOf(Class<?> raw) {
        return Array.get(Array.newInstance(raw, 1), 0);
    }

    private static Type argument(Type type, Class<?> of, int index) {
        Type[] arguments = Types.argumentsOf(type, of);
        return arguments == null ? Object.class : arguments[index];
    }

    private Object toArray(Object value, Class<?> element) {
        List<?> given = listOf(value);
        Object array = Array.newInstance(element, given.size());
        for (int i = 0; i < given.size(); i++) Array.set(array, i, toType(given.get(i), element));
        return array;
    }

    /** One value may stand for a list of one, as in Lambda's serializer. */
    private static List<?> listOf(Object value) {
        return value instanceof List ? (List<?>) value : Collections.singletonList(value);
    }

    private Object toCollection(Object value, Type type, Class<?> raw) {
        Type element = argument(type, Collection.class, 0);
        Collection<Object> made = emptyCollection(raw);
        for (Object each : listOf(value)) made.add(toType(each, element));
        return made;
    }

    @SuppressWarnings("unchecked")
    private static Collection<Object> emptyCollection(Class<?> raw) {
        if (raw.isAssignableFrom(ArrayList.class)) return new ArrayList<>();
        if (raw.isAssignableFrom(LinkedHashSet.class)) return new LinkedHashSet<>();
        if (SortedSet.class.isAssignableFrom(raw) && raw.isInterface()) return new TreeSet<>();
        if (raw.isAssignableFrom(ArrayDeque.class)) return new ArrayDeque<>();
        return (Collection<Object>) Bean.instanceOf(raw);
    }

    @SuppressWarnings("unchecked")
    private Object toMap(Map<?, ?> value, Type type, Class<?> raw) {
        Map<Object, Object> made;
        if (raw.isAssignableFrom(LinkedHashMap.class)) made = new LinkedHashMap<>();
        else if (SortedMap.class.isAssignableFrom(raw) && raw.isInterface()) made = new TreeMap<>();
        else if (raw.isInterface()) made = new ConcurrentHashMap<>();
        else made = (Map<Object, Object>) Bean.instanceOf(raw);
        Type keys = argument(type, Map.class, 0);
        Type values = argument(type, Map.class, 1);
        for (Map.Entry<?, ?> entry : value.entrySet()) {
            made.put(toType(entry.getKey(), keys), toType(entry.getValue(), values));
        }
        return made;
    }

    /** As maps, lists and what Json writes. */
    Object fromValue(Object value) {
        return fromValue(value, Collections.newSetFromMap(new IdentityHashMap<>()));
    }

    /** `above` are the objects that this one is in. */
    Object fromValue(Object value, Set<Object> above) {
        Object scalar = Scalars.fromValue(value);
        if (scalar != null || value == null) return scalar;
        if (!above.add(value)) throw new IllegalArgumentException("Direct self-reference leading to cycle");
        try {
            if (value instanceof Optional) return fromValue(((Optional<?>) value).orElse(null), above);
            if (value instanceof Map) return fromMap((Map<?, ?>) value, above);
            if (value instanceof Iterable) return fromEach((Iterable<?>) value, above);
            if (value.getClass().isArray()) return fromArray(value, above);
            return beanOf(value.getClass()).write(value, above, this);
        } finally {
            above.remove(value);
        }
    }

    private Map<String, Object> fromMap(Map<?, ?> value, Set<Object> above) {
        Map<String, Object> made = new LinkedHashMap<>();
        value.forEach((key, each) -> made.put(String.valueOf(Scalars.fromValue(key)), fromValue(each, above)));
        return made;
    }

    private List<Object> fromEach(Iterable<?> value, Set<Object> above) {
        List<Object> made = new ArrayList<>();
        for (Object each : value) made.add(fromValue(each, above));
        return made;
    }

    private List<Object> fromArray(Object value, Set<Object> above) {
        List<Object> made = new ArrayList<>();
        for (int i = 0; i < Array.getLength(value); i++) made.add(fromValue(Array.get(value, i), above));
        return made;
    }
}
