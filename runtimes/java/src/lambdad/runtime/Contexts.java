package lambdad.runtime;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;

import static java.nio.charset.StandardCharsets.UTF_8;

/** The context object, made for the interfaces that the function brings. */
final class Contexts {
    private final FunctionClasses classes;
    private final Object logger;

    Contexts(FunctionClasses classes, Log log) {
        this.classes = classes;
        logger = implement("LambdaLogger", (proxy, method, arguments) -> {
            if (method.getName().equals("log")) {
                if (arguments[0] instanceof byte[]) log.write((byte[]) arguments[0]);
                else log.write(String.valueOf(arguments[0]), arguments.length > 1 ? levelOf(arguments[1]) : null);
                return null;
            }
            return ofObject(proxy, method, arguments, "LambdaLogger");
        });
        if (logger != null) shareLogger();
    }

    private static String levelOf(Object level) {
        return level == null ? null : ((Enum<?>) level).name();
    }

    /** LambdaRuntime.getLogger() is for code that has no context, as log4j's appender. */
    private void shareLogger() {
        try {
            Class<?> runtime = classes.ofCore("LambdaRuntime");
            if (runtime == null) return;
            java.lang.reflect.Field field = runtime.getDeclaredField("logger");
            field.setAccessible(true);
            field.set(null, logger);
        } catch (ReflectiveOperationException | RuntimeException other) {
            // Its own one writes to stdout.
        }
    }

    Object contextOf(Invocation invocation) {
        Map<String, Object> values = new HashMap<>();
        values.put("getAwsRequestId", invocation.requestId());
        values.put("getLogGroupName", System.getenv("AWS_LAMBDA_LOG_GROUP_NAME"));
        values.put("getLogStreamName", System.getenv("AWS_LAMBDA_LOG_STREAM_NAME"));
        values.put("getFunctionName", System.getenv("AWS_LAMBDA_FUNCTION_NAME"));
        values.put("getFunctionVersion", System.getenv("AWS_LAMBDA_FUNCTION_VERSION"));
        values.put("getInvokedFunctionArn", invocation.header("lambda-runtime-invoked-function-arn"));
        values.put("getTenantId", invocation.header("lambda-runtime-aws-tenant-id"));
        values.put("getXrayTraceId", invocation.header("lambda-runtime-trace-id"));
        values.put("getMemoryLimitInMB", Integer.parseInt(Main.variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")));
        values.put("getIdentity", identity(invocation.header("lambda-runtime-cognito-identity")));
        values.put("getClientContext", clientContext(invocation.header("lambda-runtime-client-context")));
        values.put("getLogger", logger);
        long deadline = Long.parseLong(invocation.header("lambda-runtime-deadline-ms"));
        return implement("Context", (proxy, method, arguments) -> {
            if (method.getName().equals("getRemainingTimeInMillis")) {
                return (int) Math.max(0, deadline - System.currentTimeMillis());
            }
            return valueOf(values, proxy, method, arguments, "Context");
        });
    }

    private Object identity(String header) {
        Map<?, ?> given = parse(header);
        Map<String, Object> values = new HashMap<>();
        values.put("getIdentityId", given == null ? "" : given.get("cognitoIdentityId"));
        values.put("getIdentityPoolId", given == null ? "" : given.get("cognitoIdentityPoolId"));
        return implement("CognitoIdentity", values);
    }

    private Object clientContext(String header) {
        Map<?, ?> given = parse(header);
        if (given == null) return null;
        Map<String, Object> values = new HashMap<>();
        values.put("getCustom", given.get("custom"));
        values.put("getEnvironment", given.get("env"));
        values.put("getClient", client((Map<?, ?>) given.get("client")));
        return implement("ClientContext", values);
    }

    private Object client(Map<?, ?> given) {
        if (given == null) return null;
        Map<String, Object> values = new HashMap<>();
        values.put("getInstallationId", given.get("installation_id"));
        values.put("getAppTitle", given.get("app_title"));
        values.put("getAppVersionName", given.get("app_version_name"));
        values.put("getAppVersionCode", given.get("app_version_code"));
        values.put("getAppPackageName", given.get("app_package_name"));
        return implement("Client", values);
    }

    private static Map<?, ?> parse(String header) {
        return header == null ? null : (Map<?, ?>) Json.parse(header.getBytes(UTF_8));
    }

    private Object implement(String name, Map<String, Object> values) {
        return implement(name, (proxy, method, arguments) -> valueOf(values, proxy, method, arguments, name));
    }

    private Object implement(String name, InvocationHandler handler) {
        Class<?> type = classes.ofCore(name);
        return type == null ? null : Proxy.newProxyInstance(classes.loader, new Class<?>[] {type}, handler);
    }

    private static Object valueOf(
        Map<String, Object> values, Object proxy, Method method, Object[] arguments, String name) {
        if (values.containsKey(method.getName())) return values.get(method.getName());
        return ofObject(proxy, method, arguments, name);
    }

    private static Object ofObject(Object proxy, Method method, Object[] arguments, String name) {
        switch (method.getName()) {
            case "equals":
                return proxy == arguments[0];
            case "hashCode":
                return System.identityHashCode(proxy);
            case "toString":
                return name + "@" + System.identityHashCode(proxy);
            default:
                throw new UnsupportedOperationException("lambdad's context has no " + method.getName() + "()");
        }
    }
}
