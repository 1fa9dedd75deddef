package lambdad.runtime;

/** What goes back: `path` is "response" or "error", `headers` end with CRLF each. */
final class Result {
    final String path;
    final String headers;
    final byte[] body;

    Result(String path, String headers, byte[] body) {
        this.path = path;
        this.headers = headers;
        this.body = body;
    }

    static Result response(byte[] body) {
        return new Result("response", "Content-Type: application/json\r\n", body);
    }
}
