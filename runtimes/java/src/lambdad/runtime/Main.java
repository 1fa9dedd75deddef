package lambdad.runtime;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOError;
import java.io.PrintStream;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * The Java runtime. Connects to the Runtime API, loads the handler, serves invocations one by one: three steps,
 * since a process may be booted before it has a function. On managed instances several threads do so, which share the
 * handler, with a connection each. Java 11 is the oldest that runs it.
 */
public final class Main {
    private static final String TRACE_PROPERTY = "com.amazonaws.xray.traceHeader";

    private Main() {}

    public static void main(String[] arguments) {
        // UTF-8 whatever the machine's locale, and written at once.
        System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), false, UTF_8));
        System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), false, UTF_8));
        RuntimeClient client = RuntimeClient.connect();
        Log log = Log.open();
        Handler handler = load(client, log);
        for (int worker = 2; worker <= workers(); worker++) startWorker(worker, handler, log);
        serve(client, handler, log);
    }

    /** Several invocations run at once. */
    static boolean isManaged() {
        return !variable("AWS_LAMBDA_MAX_CONCURRENCY").isEmpty();
    }

    private static int workers() {
        return isManaged() ? Integer.parseInt(variable("AWS_LAMBDA_MAX_CONCURRENCY")) : 1;
    }

    private static void startWorker(int number, Handler handler, Log log) {
        new Thread(() -> serve(RuntimeClient.connect(), handler, log), "lambda-worker-" + number).start();
    }

    private static Handler load(RuntimeClient client, Log log) {
        try {
            FunctionClasses classes = FunctionClasses.open();
            Thread.currentThread().setContextClassLoader(classes.loader);
            return new HandlerLoader(classes, log).load(variable("_HANDLER"));
        } catch (Throwable error) {
            Failure failure = Failure.of(error);
            log.failure(failure);
            flush();
            client.failInit(failure);
            System.exit(1);
            throw new IllegalStateException();
        }
    }

    private static void serve(RuntimeClient client, Handler handler, Log log) {
        Invocation invocation = client.next();
        while (true) {
            enter(invocation, log);
            Throwable thrown = null;
            Result result;
            try {
                result = Result.response(handler.call(invocation));
            } catch (Throwable error) {
                Failure failure = Failure.of(error);
                log.failure(failure);
                result = failure.result();
                thrown = error;
            }
            flush();
            // What it left behind would close the connection.
            Thread.interrupted();
            if (thrown instanceof VirtualMachineError || thrown instanceof IOError) {
                client.answerLast(invocation, result);
                System.exit(1);
            }
            invocation = client.answer(invocation, result);
        }
    }

    private static void enter(Invocation invocation, Log log) {
        log.enter(invocation);
        // A property is the whole process's: there the context tells.
        if (isManaged()) return;
        String trace = invocation.header("lambda-runtime-trace-id");
        if (trace == null) System.clearProperty(TRACE_PROPERTY);
        else System.setProperty(TRACE_PROPERTY, trace);
    }

    private static void flush() {
        System.out.flush();
        System.err.flush();
    }

    static String variable(String name) {
        String value = System.getenv(name);
        return value == null ? "" : value;
    }
}
