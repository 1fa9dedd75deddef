package lambdad.runtime;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

import static java.nio.charset.StandardCharsets.UTF_8;

/** The runtime's side of the Runtime API, on one kept-open connection: HTTP/1.1 by hand. */
final class RuntimeClient {
    private static final String API = "/2018-06-01/runtime";
    private static final int BUFFER_BYTES = 64 * 1024;

    private final SocketChannel channel;
    private final String host;
    private final byte[] getNext;
    /** Ready to be read from, always. */
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_BYTES).flip();
    private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER_BYTES);

    private RuntimeClient(SocketChannel channel, String host) {
        this.channel = channel;
        this.host = host;
        getNext = ("GET " + API + "/invocation/next HTTP/1.1\r\nHost: " + host + "\r\n\r\n").getBytes(UTF_8);
    }

    /** To the socket where there is one and this Java can: it is faster, and works without a network. */
    static RuntimeClient connect() {
        try {
            SocketAddress socket = unixAddress(System.getenv("LAMBDAD_RUNTIME_SOCKET"));
            if (socket != null) return new RuntimeClient(SocketChannel.open(socket), "localhost");

            String host = System.getenv("AWS_LAMBDA_RUNTIME_API");
            int colon = host.lastIndexOf(':');
            int port = Integer.parseInt(host.substring(colon + 1));
            SocketChannel channel = SocketChannel.open(new InetSocketAddress(host.substring(0, colon), port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            return new RuntimeClient(channel, host);
        } catch (IOException error) {
            throw lost(error);
        }
    }

    /** From Java 16 on, so by its name. */
    private static SocketAddress unixAddress(String path) {
        if (path == null) return null;
        try {
            Class<?> address = Class.forName("java.net.UnixDomainSocketAddress");
            return (SocketAddress) address.getMethod("of", String.class).invoke(null, path);
        } catch (ReflectiveOperationException older) {
            return null;
        }
    }

    /** Waits for an invocation, as long as it takes. */
    Invocation next() {
        send(getNext);
        return invocation();
    }

    /** Posts a result, and in the same write asks for the next invocation: one wake-up of the other side. */
    Invocation answer(Invocation invocation, Result result) {
        send(head(invocation, result), result.body, getNext);
        response();
        return invocation();
    }

    void answerLast(Invocation invocation, Result result) {
        send(head(invocation, result), result.body);
        response();
    }

    void failInit(Failure failure) {
        Result result = failure.result();
        send(post("/init/error", result), result.body);
        response();
    }

    private byte[] head(Invocation invocation, Result result) {
        return post("/invocation/" + invocation.requestId() + "/" + result.path, result);
    }

    private byte[] post(String path, Result result) {
        String head = "POST " + API + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + result.headers
            + "Content-Length: " + result.body.length + "\r\n\r\n";
        return head.getBytes(UTF_8);
    }

    private Invocation invocation() {
        Response response = response();
        if (response.status != 200) throw lost("next was answered with status " + response.status);
        return new Invocation(response.headers, response.body);
    }

    private static final class Response {
        int status;
        final Map<String, String> headers = new HashMap<>();
        byte[] body;
    }

    private Response response() {
        Response response = new Response();
        response.status = Integer.parseInt(line().substring(9, 12));
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
            response.headers.put(name, line.substring(colon + 1).trim());
        }
        String length = response.headers.get("content-length");
        boolean chunked = "chunked".equals(response.headers.get("transfer-encoding"));
        response.body = chunked ? chunks() : take(length == null ? 0 : Integer.parseInt(length));
        return response;
    }

    private byte[] lineBytes = new byte[512];

    private String line() {
        int length = 0;
        while (true) {
            if (!in.hasRemaining()) fill();
            byte next = in.get();
            if (next == '\n') return new String(lineBytes, 0, length > 0 ? length - 1 : 0, UTF_8);
            if (length == lineBytes.length) lineBytes = Arrays.copyOf(lineBytes, 2 * length);
            lineBytes[length++] = next;
        }
    }

    private byte[] take(int count) {
        byte[] taken = new byte[count];
        for (int at = 0; at < count; ) {
            if (!in.hasRemaining()) fill();
            int some = Math.min(count - at, in.remaining());
            in.get(taken, at, some);
            at += some;
        }
        return taken;
    }

    private byte[] chunks() {
        byte[] body = new byte[0];
        while (true) {
            int size = Integer.parseInt(line().trim(), 16);
            byte[] chunk = take(size);
            line();
            if (size == 0) return body;
            body = Arrays.copyOf(body, body.length + size);
            System.arraycopy(chunk, 0, body, body.length - size, size);
        }
    }

    private void fill() {
        try {
            in.clear();
            int count = channel.read(in);
            in.flip();
            if (count <= 0) throw lost("it closed the connection");
        } catch (IOException error) {
            throw lost(error);
        }
    }

    /** In as few writes as the buffer allows. */
    private void send(byte[]... parts) {
        try {
            out.clear();
            for (byte[] part : parts) {
                for (int at = 0; at < part.length; ) {
                    int some = Math.min(part.length - at, out.remaining());
                    out.put(part, at, some);
                    at += some;
                    if (!out.hasRemaining()) drain();
                }
            }
            drain();
        } catch (IOException error) {
            throw lost(error);
        }
    }

    private void drain() throws IOException {
        out.flip();
        while (out.hasRemaining()) channel.write(out);
        out.clear();
    }

    /** Without its Runtime API a runtime has nothing to live for, whatever threads the function has. */
    private static RuntimeException lost(Object why) {
        System.err.println("lambdad: the Runtime API is gone: " + why);
        System.out.flush();
        Runtime.getRuntime().halt(1);
        return new IllegalStateException();
    }
}
