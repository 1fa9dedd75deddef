package lambdad.runtime;

/** A function, from the bytes of an event to the bytes of its result. */
interface Handler {
    byte[] call(Invocation invocation) throws Throwable;
}
