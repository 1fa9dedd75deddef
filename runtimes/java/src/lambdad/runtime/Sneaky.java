package lambdad.runtime;

/** Throws a checked exception where Java wants none: what a function throws is passed on as it is. */
final class Sneaky {
    private Sneaky() {}

    static RuntimeException thrown(Throwable error) {
        Sneaky.<RuntimeException>cast(error);
        throw new IllegalStateException();
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void cast(Throwable error) throws E {
        throw (E) error;
    }
}
