package lambdad.runtime;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import static java.nio.charset.StandardCharsets.UTF_8;

/** From a handler string, `package.Class` or `package.Class::method`, to the function. */
final class HandlerLoader {
    private final FunctionClasses classes;
    private final Contexts contexts;
    private final Class<?> contextType;
    private final Serializers serializers;

    HandlerLoader(FunctionClasses classes, Log log) {
        this.classes = classes;
        contexts = new Contexts(classes, log);
        contextType = classes.ofCore("Context");
        serializers = new Serializers(classes);
    }

    /** What Lambda tells the caller of each invocation becomes a handler; what ends init is thrown. */
    Handler load(String handler) {
        String[] parts = handler.split("::", -1);
        if (parts.length > 2 || parts[0].isEmpty() || parts[parts.length - 1].isEmpty()) {
            return failing(new Fault("Invalid handler: `" + handler + "'"));
        }
        Class<?> type;
        try {
            type = classes.load(parts[0]);
        } catch (ClassNotFoundException error) {
            return failing(new Fault("Class not found: " + parts[0], error.getClass().getName(), error));
        } catch (NoClassDefFoundError error) {
            return failing(loadingFault(parts[0], error));
        } catch (Throwable error) {
            throw loadingFault(parts[0], error);
        }
        try {
            return parts.length == 2 ? ofMethods(type, parts[1]) : ofInterface(type);
        } catch (Fault fault) {
            return failing(fault);
        }
    }

    private static Handler failing(Fault fault) {
        return invocation -> {
            throw fault;
        };
    }

    private static Fault loadingFault(String name, Throwable error) {
        String reason = error.getMessage() == null ? "" : ": " + error.getMessage();
        return new Fault("Error loading class " + name + reason, error.getClass().getName(), error);
    }

    private Handler ofInterface(Class<?> type) {
        Class<?> streams = classes.ofCore("RequestStreamHandler");
        if (streams != null && streams.isAssignableFrom(type)) {
            return ofMethod(instanceOf(type), publicMethod(streams, "handleRequest"));
        }
        Class<?> requests = classes.ofCore("RequestHandler");
        if (requests != null && requests.isAssignableFrom(type)) {
            Type[] types = Types.argumentsOf(type, requests);
            if (types == null) throw notConcrete(type, "");
            for (Type each : types) {
                if (each instanceof TypeVariable && Types.rawClass(each) == Object.class) {
                    throw notConcrete(type, ": parameter " + each + " has no upper bound.");
                }
            }
            Method method = publicMethod(requests, "handleRequest");
            return ofValues(instanceOf(type), method, types[0], types[1], true);
        }
        throw new Fault("Class does not implement an appropriate handler interface: " + type.getName());
    }

    private static Fault notConcrete(Class<?> type, String why) {
        return new Fault(
            "Class " + type.getName() + " does not implement RequestHandler with concrete type parameters" + why);
    }

    private static Method publicMethod(Class<?> type, String name) {
        for (Method method : type.getMethods()) if (method.getName().equals(name)) return method;
        throw new IllegalStateException(type + " has no " + name);
    }

    private Handler ofMethods(Class<?> type, String name) {
        List<Method> methods = new ArrayList<>();
        for (Method method : type.getMethods()) {
            if (method.getName().equals(name) && isUsable(method)) methods.add(method);
        }
        if (methods.isEmpty()) {
            throw new Fault("No public method named " + name
                + " with appropriate method signature found on class " + type.getName());
        }
        methods.sort(Comparator.comparing(Method::isBridge).thenComparing(method -> -weight(method)));
        Method chosen = methods.get(0);
        return ofMethod(Modifier.isStatic(chosen.getModifiers()) ? null : instanceOf(type), chosen);
    }

    /** Lambda counts a context at the end twice. */
    private int weight(Method method) {
        Class<?>[] parameters = method.getParameterTypes();
        int count = parameters.length;
        return count > 0 && parameters[count - 1] == contextType ? count + 1 : count;
    }

    private boolean isUsable(Method method) {
        Class<?>[] given = method.getParameterTypes();
        switch (given.length) {
            case 0:
            case 1:
                return true;
            case 2:
                if (given[0] == contextType) return false;
                if (given[0] == InputStream.class && given[1] == OutputStream.class) return true;
                return given[1] == contextType;
            case 3:
                return given[0] == InputStream.class && given[1] == OutputStream.class && given[2] == contextType;
            default:
                return false;
        }
    }

    private Handler ofMethod(Object instance, Method method) {
        Class<?>[] given = method.getParameterTypes();
        boolean streams = given.length > 0 && (given[0] == InputStream.class || given[0] == OutputStream.class);
        if (streams) return ofStreams(instance, method);
        boolean withContext = given.length > 0 && given[given.length - 1] == contextType;
        boolean withEvent = given.length > (withContext ? 1 : 0);
        Type input = withEvent ? method.getGenericParameterTypes()[0] : null;
        return ofValues(instance, method, input, method.getGenericReturnType(), withContext);
    }

    private Handler ofStreams(Object instance, Method method) {
        method.setAccessible(true);
        Class<?>[] given = method.getParameterTypes();
        return invocation -> {
            ByteArrayOutputStream output = new ByteArrayOutputStream(1024);
            Object[] arguments = new Object[given.length];
            for (int i = 0; i < given.length; i++) {
                if (given[i] == InputStream.class) arguments[i] = new ByteArrayInputStream(invocation.body);
                else if (given[i] == OutputStream.class) arguments[i] = output;
                else arguments[i] = contexts.contextOf(invocation);
            }
            call(instance, method, arguments);
            return output.toByteArray();
        };
    }

    /** `input` is null where the method takes no event. */
    private Handler ofValues(Object instance, Method method, Type input, Type output, boolean withContext) {
        method.setAccessible(true);
        Serializer reader = input == null ? null : serializers.of(input);
        Serializer writer = output == void.class || output == Void.class ? null : serializers.of(output);
        return invocation -> {
            Object[] arguments = new Object[(input == null ? 0 : 1) + (withContext ? 1 : 0)];
            if (reader != null) arguments[0] = parsed(reader, invocation.body);
            if (withContext) arguments[arguments.length - 1] = contexts.contextOf(invocation);
            Object result = call(instance, method, arguments);
            return writer == null ? "null".getBytes(UTF_8) : serialized(writer, result);
        };
    }

    private static Object parsed(Serializer reader, byte[] body) {
        try {
            return reader.read(body);
        } catch (Throwable error) {
            throw new RuntimeException("An error occurred during JSON parsing", error);
        }
    }

    private static byte[] serialized(Serializer writer, Object result) {
        try {
            return writer.write(result);
        } catch (Throwable error) {
            throw new RuntimeException("An error occurred during JSON serialization of response", error);
        }
    }

    private static Object call(Object instance, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(instance, arguments);
        } catch (InvocationTargetException error) {
            throw error.getCause() == null ? error : error.getCause();
        }
    }

    /** What its constructor throws ends init. */
    private static Object instanceOf(Class<?> type) {
        Constructor<?> constructor;
        try {
            constructor = type.getConstructor();
        } catch (NoSuchMethodException error) {
            boolean inner = type.getEnclosingClass() != null && !Modifier.isStatic(type.getModifiers());
            throw new Fault("Class " + type.getName() + (inner
                ? " cannot be instantiated because it is a non-static inner class"
                : " has no public zero-argument constructor"), "java.lang.Exception", error);
        }
        try {
            constructor.setAccessible(true);
            return constructor.newInstance();
        } catch (InvocationTargetException error) {
            throw Sneaky.thrown(error.getCause() == null ? error : error.getCause());
        } catch (ReflectiveOperationException error) {
            throw new Fault(String.valueOf(error.getMessage()), error.getClass().getName(), error);
        }
    }
}
