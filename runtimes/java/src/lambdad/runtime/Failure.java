package lambdad.runtime;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static java.nio.charset.StandardCharsets.UTF_8;

/** An error as Lambda tells it: to the caller as JSON, to the log with its trace, to X-Ray as a cause. */
final class Failure {
    private static final String OWN_PACKAGE = "lambdad.runtime.";
    /** X-Ray's limit on the header with the cause. */
    private static final int CAUSE_CHARACTERS_MAX = 64 * 1024;

    final String message;
    final String type;
    /** Null for what the runtime found itself. */
    final List<String> stackTrace;
    private final Throwable error;
    private final String trace;

    private Failure(String message, String type, Throwable error, boolean withStack) {
        this.message = message;
        this.type = type;
        this.error = error;
        this.stackTrace = withStack ? stackOf(error) : null;
        this.trace = error == null ? null : traceOf(error);
    }

    static Failure of(Throwable error) {
        withoutRuntime(error, Collections.newSetFromMap(new IdentityHashMap<>()));
        if (error instanceof Fault) {
            Fault fault = (Fault) error;
            return new Failure(fault.getMessage(), fault.type, fault.getCause(), false);
        }
        String message = error.getLocalizedMessage();
        String type = error.getClass().getName();
        return new Failure(message == null ? type : message, type, error, true);
    }

    Result result() {
        String kind = stackTrace == null ? "Runtime.BadFunctionCode" : "Runtime.UserException";
        String headers = "Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: " + kind + "\r\n";
        return new Result("error", headers + xrayCause(), Json.write(told()).getBytes(UTF_8));
    }

    Map<String, Object> told() {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("errorMessage", message);
        if (type != null) told.put("errorType", type);
        if (stackTrace != null) told.put("stackTrace", stackTrace);
        return told;
    }

    /** What goes into the log. */
    String text() {
        if (type == null && trace == null) return message + "\n";
        return message + ": " + (type == null ? "" : type) + "\n" + (trace == null ? "" : trace) + "\n";
    }

    private String xrayCause() {
        if (stackTrace == null) return "";
        List<Object> stack = new ArrayList<>();
        for (StackTraceElement frame : error.getStackTrace()) {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("label", frame.getMethodName());
            told.put("path", frame.getFileName());
            told.put("line", frame.getLineNumber());
            stack.add(told);
        }
        Map<String, Object> exception = new LinkedHashMap<>();
        exception.put("message", message);
        exception.put("type", type);
        exception.put("stack", stack);
        Map<String, Object> cause = new LinkedHashMap<>();
        cause.put("working_directory", System.getProperty("user.dir"));
        cause.put("exceptions", List.of(exception));
        cause.put("paths", List.of());
        String json = Json.write(cause);
        boolean fits = json.length() <= CAUSE_CHARACTERS_MAX && json.chars().allMatch(c -> c >= ' ' && c < 127);
        return fits ? "Lambda-Runtime-Function-XRay-Error-Cause: " + json + "\r\n" : "";
    }

    private static List<String> stackOf(Throwable error) {
        List<String> frames = new ArrayList<>();
        for (StackTraceElement frame : error.getStackTrace()) frames.add(frame.toString());
        return frames;
    }

    private static String traceOf(Throwable error) {
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }

    /** Cuts off the runtime's own frames, and the reflection by which it called. */
    private static void withoutRuntime(Throwable error, Set<Throwable> seen) {
        if (error == null || !seen.add(error)) return;
        StackTraceElement[] frames = error.getStackTrace();
        int own = 0;
        while (own < frames.length && !frames[own].getClassName().startsWith(OWN_PACKAGE)) own++;
        if (own < frames.length) {
            while (own > 0 && isReflection(frames[own - 1].getClassName())) own--;
            error.setStackTrace(Arrays.copyOf(frames, own));
        }
        withoutRuntime(error.getCause(), seen);
        for (Throwable suppressed : error.getSuppressed()) withoutRuntime(suppressed, seen);
    }

    private static boolean isReflection(String className) {
        return className.startsWith("jdk.internal.reflect.") || className.startsWith("java.lang.reflect.");
    }
}
