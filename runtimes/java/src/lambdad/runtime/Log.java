package lambdad.runtime;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Constructor;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Where log events go: to the framed channel where there is one, else to stdout. */
final class Log {
    private static final int TEXT = 0xA55A0003;
    private static final int JSON = 0xA55A0002;
    private static final int HEAD_BYTES = 16;
    private static final List<String> LEVELS = List.of("UNDEFINED", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL");

    private final OutputStream frames;
    private final boolean asJson;
    /** Of LEVELS; what is below it is not written. */
    private final int threshold;
    private volatile Invocation current;
    /** Where several invocations run at once: that of the thread, and of those which it starts. */
    private final ThreadLocal<Invocation> ofThread = Main.isManaged() ? new InheritableThreadLocal<>() : null;

    private Log(OutputStream frames) {
        this.frames = frames;
        asJson = "JSON".equalsIgnoreCase(Main.variable("AWS_LAMBDA_LOG_FORMAT"));
        threshold = Math.max(0, LEVELS.indexOf(Main.variable("AWS_LAMBDA_LOG_LEVEL").toUpperCase()));
    }

    static Log open() {
        String descriptor = System.getenv("_LAMBDA_TELEMETRY_LOG_FD");
        try {
            return new Log(descriptor == null ? null : framesTo(Integer.parseInt(descriptor)));
        } catch (ReflectiveOperationException | RuntimeException error) {
            return new Log(null);
        }
    }

    /** Java has no way to name a descriptor; the jar's manifest opens this one. */
    private static OutputStream framesTo(int descriptor) throws ReflectiveOperationException {
        Constructor<FileDescriptor> constructor = FileDescriptor.class.getDeclaredConstructor(int.class);
        constructor.setAccessible(true);
        return new FileOutputStream(constructor.newInstance(descriptor));
    }

    void enter(Invocation invocation) {
        if (ofThread == null) current = invocation;
        else ofThread.set(invocation);
    }

    /** `level` is the name of a LogLevel, or null. */
    void write(String message, String level) {
        int rank = level == null ? 0 : Math.max(0, LEVELS.indexOf(level));
        if (rank != 0 && rank < threshold) return;
        if (asJson) emit(record(message, rank), JSON, rank);
        else emit(rank == 0 ? message : "[" + level + "] " + message, TEXT, rank);
    }

    /** Bytes as they are. */
    void write(byte[] message) {
        emit(message, TEXT, 0);
    }

    void failure(Failure failure) {
        write(failure.text(), asJson ? "ERROR" : null);
    }

    private String record(String message, int rank) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("timestamp", timestamp());
        told.put("message", message);
        told.put("level", LEVELS.get(rank));
        Invocation invocation = ofThread == null ? current : ofThread.get();
        if (invocation != null) {
            told.put("AWSRequestId", invocation.requestId());
            String tenant = invocation.header("lambda-runtime-aws-tenant-id");
            if (tenant != null) told.put("tenantId", tenant);
        }
        return lambdad.runtime.Json.write(told) + "\n";
    }

    private static String timestamp() {
        return DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC).format(Instant.now());
    }

    private void emit(String text, int type, int rank) {
        emit(text.getBytes(UTF_8), type, rank);
    }

    private synchronized void emit(byte[] text, int type, int rank) {
        try {
            if (frames == null) {
                System.out.write(text, 0, text.length);
                System.out.flush();
                return;
            }
            Instant now = Instant.now();
            ByteBuffer frame = ByteBuffer.allocate(HEAD_BYTES + text.length);
            frame.putInt(type | rank << 2).putInt(text.length);
            frame.putLong(now.getEpochSecond() * 1_000_000 + now.getNano() / 1000).put(text);
            frames.write(frame.array());
        } catch (IOException gone) {
            // Where the other end is closed, it is lost.
        }
    }
}
