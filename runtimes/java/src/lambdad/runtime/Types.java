package lambdad.runtime;

import java.lang.reflect.Array;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.HashMap;
import java.util.Map;

/** Generic types, resolved. */
final class Types {
    private Types() {}

    static Class<?> rawClass(Type type) {
        if (type instanceof Class) return (Class<?>) type;
        if (type instanceof ParameterizedType) return (Class<?>) ((ParameterizedType) type).getRawType();
        if (type instanceof TypeVariable) return rawClass(((TypeVariable<?>) type).getBounds()[0]);
        if (type instanceof WildcardType) return rawClass(((WildcardType) type).getUpperBounds()[0]);
        Class<?> element = rawClass(((GenericArrayType) type).getGenericComponentType());
        return Array.newInstance(element, 0).getClass();
    }

    /** What `type` puts in for the parameters of one of its interfaces or classes above; null where it names none. */
    static Type[] argumentsOf(Type type, Class<?> wanted) {
        return argumentsOf(type, wanted, Map.of());
    }

    private static Type[] argumentsOf(Type type, Class<?> wanted, Map<TypeVariable<?>, Type> known) {
        if (type == null) return null;
        Class<?> raw = rawClass(type);
        Map<TypeVariable<?>, Type> bound = bind(type, raw, known);
        if (raw == wanted) {
            if (!(type instanceof ParameterizedType)) return null;
            Type[] arguments = ((ParameterizedType) type).getActualTypeArguments();
            for (int i = 0; i < arguments.length; i++) arguments[i] = resolve(arguments[i], known);
            return arguments;
        }
        for (Type above : raw.getGenericInterfaces()) {
            Type[] found = argumentsOf(above, wanted, bound);
            if (found != null) return found;
        }
        return argumentsOf(raw.getGenericSuperclass(), wanted, bound);
    }

    /** The variables of a class as `type` puts them in. */
    static Map<TypeVariable<?>, Type> bind(Type type, Class<?> raw, Map<TypeVariable<?>, Type> known) {
        if (!(type instanceof ParameterizedType)) return Map.of();
        Map<TypeVariable<?>, Type> bound = new HashMap<>();
        Type[] arguments = ((ParameterizedType) type).getActualTypeArguments();
        for (int i = 0; i < arguments.length; i++) {
            bound.put(raw.getTypeParameters()[i], resolve(arguments[i], known));
        }
        return bound;
    }

    static Type resolve(Type type, Map<TypeVariable<?>, Type> known) {
        if (type instanceof TypeVariable) {
            Type found = known.get(type);
            return found == null ? type : found;
        }
        if (type instanceof WildcardType) return resolve(((WildcardType) type).getUpperBounds()[0], known);
        if (!(type instanceof ParameterizedType) || known.isEmpty()) return type;
        ParameterizedType given = (ParameterizedType) type;
        Type[] arguments = given.getActualTypeArguments();
        for (int i = 0; i < arguments.length; i++) arguments[i] = resolve(arguments[i], known);
        return new ParameterizedType() {
            @Override
            public Type[] getActualTypeArguments() {
                return arguments.clone();
            }

            @Override
            public Type getRawType() {
                return given.getRawType();
            }

            @Override
            public Type getOwnerType() {
                return given.getOwnerType();
            }
        };
    }
}
