package example;

public class OwnError extends RuntimeException {
    private static final long serialVersionUID = 1;

    public OwnError(String message) {
        super(message);
    }
}
