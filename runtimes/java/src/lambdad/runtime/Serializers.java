package lambdad.runtime;

import java.lang.reflect.Type;
import java.util.Collection;
import java.util.Map;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Jackson where the function brings it and its own classes are meant; else a mapper of ours. */
final class Serializers {
    /** aws-lambda-java-events: names as Lambda writes them, which only Lambda's serializer and ours map. */
    private static final String EVENTS = "com.amazonaws.services.lambda.runtime.events.";

    private final Mapper mapper;
    private final FunctionClasses classes;
    private Jackson jackson;

    Serializers(FunctionClasses classes) {
        this.classes = classes;
        mapper = new Mapper();
    }

    Serializer of(Type type) {
        Class<?> raw = Types.rawClass(type);
        if (isPlain(type, raw) || raw.getName().startsWith(EVENTS)) return mapped(type);
        if (jackson == null) jackson = Jackson.of(classes);
        return jackson == null ? mapped(type) : jackson.serializer(type);
    }

    private static boolean isPlain(Type type, Class<?> raw) {
        if (!(type instanceof Class)) return false;
        return raw.isPrimitive() || raw == String.class || raw == Object.class || Number.class.isAssignableFrom(raw)
            || raw == Boolean.class || raw == Map.class || Collection.class.isAssignableFrom(raw);
    }

    private Serializer mapped(Type type) {
        return new Serializer() {
            @Override
            public Object read(byte[] json) {
                return mapper.toType(Json.parse(json), type);
            }

            @Override
            public byte[] write(Object value) {
                return Json.write(mapper.fromValue(value)).getBytes(UTF_8);
            }
        };
    }
}
