package lambdad.runtime;

/** Of one type. */
interface Serializer {
    Object read(byte[] json) throws Exception;

    byte[] write(Object value) throws Exception;
}
