package lambdad.runtime;

import java.util.Map;

/** One event on its way in: its headers, in lower case, and its bytes. */
final class Invocation {
    final byte[] body;
    private final Map<String, String> headers;

    Invocation(Map<String, String> headers, byte[] body) {
        this.headers = headers;
        this.body = body;
    }

    String header(String name) {
        return headers.get(name);
    }

    String requestId() {
        return headers.get("lambda-runtime-aws-request-id");
    }
}
