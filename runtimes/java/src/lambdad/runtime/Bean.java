package lambdad.runtime;

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A class of properties: a record's components, or setters and getters and public fields. Names are taken as they
 * are, else in whatever case: Lambda's events have `Records` and `eventSourceARN`.
 */
final class Bean {
    private interface Setter {
        void set(Object bean, Object value) throws ReflectiveOperationException;
    }

    private interface Getter {
        Object get(Object bean) throws ReflectiveOperationException;
    }

    private static final class Property {
        Type type;
        Setter setter;
        Getter getter;
    }

    private final Class<?> type;
    private final Map<String, Property> properties = new LinkedHashMap<>();
    private final Map<String, Property> inLowerCase = new LinkedHashMap<>();
    /** Of a record, in the order of its components; else null. */
    private Constructor<?> ofRecord;
    private List<Property> components;

    private Bean(Class<?> type) {
        this.type = type;
    }

    static Bean of(Class<?> type) {
        Bean bean = new Bean(type);
        try {
            // A record is told by the class above it: Class.isRecord is younger than the oldest Java here.
            Class<?> above = type.getSuperclass();
            if (above != null && above.getName().equals("java.lang.Record")) bean.addComponents();
            else bean.addBeanProperties();
        } catch (ReflectiveOperationException error) {
            throw new IllegalArgumentException("Cannot use " + type.getName(), error);
        }
        bean.properties.forEach((name, property) -> bean.inLowerCase.putIfAbsent(name.toLowerCase(Locale.ROOT), property));
        return bean;
    }

    private void addComponents() throws ReflectiveOperationException {
        Object[] parts = (Object[]) Class.class.getMethod("getRecordComponents").invoke(type);
        components = new ArrayList<>();
        Class<?>[] types = new Class<?>[parts.length];
        for (int i = 0; i < parts.length; i++) {
            Class<?> part = parts[i].getClass();
            Method accessor = (Method) part.getMethod("getAccessor").invoke(parts[i]);
            types[i] = (Class<?>) part.getMethod("getType").invoke(parts[i]);
            Property property = new Property();
            property.type = (Type) part.getMethod("getGenericType").invoke(parts[i]);
            property.getter = opened(accessor)::invoke;
            properties.put(accessor.getName(), property);
            components.add(property);
        }
        ofRecord = opened(type.getDeclaredConstructor(types));
    }

    private void addBeanProperties() {
        addFields(type);
        for (Method method : type.getMethods()) {
            if (Modifier.isStatic(method.getModifiers()) || method.getDeclaringClass() == Object.class) continue;
            String name = method.getName();
            int arguments = method.getParameterCount();
            if (arguments == 0 && method.getReturnType() != void.class) {
                if (name.startsWith("get") && name.length() > 3) addGetter(name.substring(3), method);
                else if (name.startsWith("is") && name.length() > 2 && method.getReturnType() == boolean.class) {
                    addGetter(name.substring(2), method);
                }
            } else if (arguments == 1 && name.startsWith("set") && name.length() > 3) {
                addSetter(name.substring(3), method);
            }
        }
        properties.values().removeIf(property -> property.getter == null && property.setter == null);
    }

    /** All fields, for their order and as the last way in; the public ones as a way out, too. */
    private void addFields(Class<?> owner) {
        if (owner == null || owner == Object.class) return;
        addFields(owner.getSuperclass());
        for (Field field : owner.getDeclaredFields()) {
            int modifiers = field.getModifiers();
            if (Modifier.isStatic(modifiers) || Modifier.isTransient(modifiers) || field.isSynthetic()) continue;
            Property property = properties.computeIfAbsent(field.getName(), name -> new Property());
            property.type = field.getGenericType();
            try {
                opened(field);
            } catch (RuntimeException closed) {
                continue; // A class of the JDK's: its methods have to do.
            }
            property.setter = field::set;
            if (Modifier.isPublic(modifiers)) property.getter = field::get;
        }
    }

    private void addGetter(String capitalized, Method method) {
        Property property = properties.computeIfAbsent(uncapitalized(capitalized), name -> new Property());
        if (property.type == null) property.type = method.getGenericReturnType();
        property.getter = opened(method)::invoke;
    }

    private void addSetter(String capitalized, Method method) {
        Property property = properties.computeIfAbsent(uncapitalized(capitalized), name -> new Property());
        property.type = method.getGenericParameterTypes()[0];
        property.setter = opened(method)::invoke;
    }

    /** As JavaBeans has it: `getURL` is `URL`. */
    private static String uncapitalized(String name) {
        boolean shouted = name.length() > 1 && Character.isUpperCase(name.charAt(0)) && Character.isUpperCase(name.charAt(1));
        return shouted ? name : Character.toLowerCase(name.charAt(0)) + name.substring(1);
    }

    private static <T extends AccessibleObject> T opened(T member) {
        member.setAccessible(true);
        return member;
    }

    Object read(Map<?, ?> values, Type as, Mapper mapper) {
        Map<TypeVariable<?>, Type> bound = Types.bind(as, type, Map.of());
        try {
            return ofRecord == null ? readBean(values, bound, mapper) : readRecord(values, bound, mapper);
        } catch (InvocationTargetException error) {
            throw Sneaky.thrown(error.getCause());
        } catch (ReflectiveOperationException error) {
            throw new IllegalArgumentException("Cannot make a " + type.getName(), error);
        }
    }

    private Property find(Object name) {
        Property exact = properties.get(name);
        return exact != null ? exact : inLowerCase.get(((String) name).toLowerCase(Locale.ROOT));
    }

    private Object readBean(Map<?, ?> values, Map<TypeVariable<?>, Type> bound, Mapper mapper)
        throws ReflectiveOperationException {
        Object bean = instanceOf(type);
        for (Map.Entry<?, ?> entry : values.entrySet()) {
            Property property = find(entry.getKey());
            if (property == null || property.setter == null) continue;
            property.setter.set(bean, mapper.toType(entry.getValue(), Types.resolve(property.type, bound)));
        }
        return bean;
    }

    private Object readRecord(Map<?, ?> values, Map<TypeVariable<?>, Type> bound, Mapper mapper)
        throws ReflectiveOperationException {
        Map<Property, Object> given = new java.util.IdentityHashMap<>();
        values.forEach((name, value) -> given.put(find(name), value));
        Object[] arguments = new Object[components.size()];
        for (int i = 0; i < arguments.length; i++) {
            Property property = components.get(i);
            arguments[i] = mapper.toType(given.get(property), Types.resolve(property.type, bound));
        }
        return ofRecord.newInstance(arguments);
    }

    /** What is null is left out, as in Lambda's serializer. */
    Map<String, Object> write(Object bean, Set<Object> above, Mapper mapper) {
        Map<String, Object> made = new LinkedHashMap<>();
        try {
            for (Map.Entry<String, Property> entry : properties.entrySet()) {
                Getter getter = entry.getValue().getter;
                Object value = getter == null ? null : getter.get(bean);
                if (value != null) made.put(entry.getKey(), mapper.fromValue(value, above));
            }
        } catch (InvocationTargetException error) {
            throw Sneaky.thrown(error.getCause());
        } catch (ReflectiveOperationException error) {
            throw new IllegalArgumentException("Cannot write a " + type.getName(), error);
        }
        return made;
    }

    /** Without a constructor that takes nothing, without a constructor: Lambda's S3 event has none. */
    static Object instanceOf(Class<?> type) {
        if (type.isInterface() || Modifier.isAbstract(type.getModifiers())) {
            throw new IllegalArgumentException("Cannot make a " + type.getName() + ", which is abstract");
        }
        try {
            return opened(type.getDeclaredConstructor()).newInstance();
        } catch (NoSuchMethodException none) {
            return allocated(type);
        } catch (InvocationTargetException error) {
            throw Sneaky.thrown(error.getCause());
        } catch (ReflectiveOperationException error) {
            throw new IllegalArgumentException("Cannot make a " + type.getName(), error);
        }
    }

    private static Object allocated(Class<?> type) {
        try {
            Class<?> unsafe = Class.forName("sun.misc.Unsafe");
            Field only = opened(unsafe.getDeclaredField("theUnsafe"));
            return unsafe.getMethod("allocateInstance", Class.class).invoke(only.get(null), type);
        } catch (ReflectiveOperationException error) {
            throw new IllegalArgumentException("Cannot make a " + type.getName(), error);
        }
    }
}
