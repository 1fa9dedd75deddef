package lambdad.runtime;

/** An error that the runtime itself finds, in Lambda's words. Its cause, where it has one, is told in the log. */
final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** The name of a class, or null. */
    final String type;

    Fault(String message, String type, Throwable cause) {
        super(message, cause);
        this.type = type;
    }

    Fault(String message) {
        this(message, null, null);
    }
}
