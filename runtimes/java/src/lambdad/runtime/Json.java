package lambdad.runtime;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static java.nio.charset.StandardCharsets.UTF_8;

/** JSON as maps, lists, strings, numbers, booleans and null, there and back. */
final class Json {
    /** Deeper than any event; a Java stack has room for it. */
    private static final int DEPTH_MAX = 1000;

    private final String text;
    private int at;
    private int depth;

    private Json(String text) {
        this.text = text;
    }

    /** Nothing at all is null. */
    static Object parse(byte[] bytes) {
        Json json = new Json(new String(bytes, UTF_8));
        json.space();
        if (json.at == json.text.length()) return null;
        Object value = json.value();
        json.space();
        if (json.at < json.text.length()) throw json.wrong();
        return value;
    }

    private Object value() {
        if (at >= text.length()) throw wrong();
        switch (text.charAt(at)) {
            case '{':
                return object();
            case '[':
                return array();
            case '"':
                return string();
            case 't':
                return word("true", true);
            case 'f':
                return word("false", false);
            case 'n':
                return word("null", null);
            default:
                return number();
        }
    }

    private Map<String, Object> object() {
        Map<String, Object> object = new LinkedHashMap<>();
        enter();
        if (isNext('}')) return left(object);
        do {
            space();
            if (at >= text.length() || text.charAt(at) != '"') throw wrong();
            String name = string();
            if (!isNext(':')) throw wrong();
            space();
            object.put(name, value());
        } while (isNext(','));
        if (!isNext('}')) throw wrong();
        return left(object);
    }

    private List<Object> array() {
        List<Object> array = new ArrayList<>();
        enter();
        if (isNext(']')) return left(array);
        do {
            space();
            array.add(value());
        } while (isNext(','));
        if (!isNext(']')) throw wrong();
        return left(array);
    }

    private void enter() {
        at++;
        if (++depth > DEPTH_MAX) throw new IllegalArgumentException("The JSON is nested too deeply");
    }

    private <T> T left(T value) {
        depth--;
        return value;
    }

    private String string() {
        int start = ++at;
        while (at < text.length() && text.charAt(at) != '"' && text.charAt(at) != '\\') at++;
        if (at < text.length() && text.charAt(at) == '"') return text.substring(start, at++);
        StringBuilder made = new StringBuilder().append(text, start, at);
        while (at < text.length()) {
            char next = text.charAt(at++);
            if (next == '"') return made.toString();
            made.append(next == '\\' ? escaped() : next);
        }
        throw wrong();
    }

    private char escaped() {
        if (at >= text.length()) throw wrong();
        char kind = text.charAt(at++);
        switch (kind) {
            case 'n':
                return '\n';
            case 't':
                return '\t';
            case 'r':
                return '\r';
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'u':
                if (at + 4 > text.length()) throw wrong();
                at += 4;
                return (char) Integer.parseInt(text.substring(at - 4, at), 16);
            case '"':
            case '\\':
            case '/':
                return kind;
            default:
                throw wrong();
        }
    }

    /** The smallest type that holds it, as Jackson does. */
    private Number number() {
        int start = at;
        boolean whole = true;
        for (; at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0; at++) {
            if (".eE".indexOf(text.charAt(at)) >= 0) whole = false;
        }
        String digits = text.substring(start, at);
        if (digits.isEmpty()) throw wrong();
        if (!whole) return Double.valueOf(digits);
        if (digits.length() > 18) return narrow(new BigInteger(digits));
        long number = Long.parseLong(digits);
        if (number == (int) number) return (int) number;
        return number;
    }

    private static Number narrow(BigInteger number) {
        return number.bitLength() < 64 ? (Number) number.longValue() : number;
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) throw wrong();
        at += word.length();
        return value;
    }

    private boolean isNext(char wanted) {
        space();
        if (at >= text.length() || text.charAt(at) != wanted) return false;
        at++;
        return true;
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
    }

    private IllegalArgumentException wrong() {
        return new IllegalArgumentException("No JSON at character " + at);
    }

    static String write(Object value) {
        StringBuilder text = new StringBuilder();
        write(value, text);
        return text.toString();
    }

    private static void write(Object value, StringBuilder text) {
        if (value instanceof Map) writeObject((Map<?, ?>) value, text);
        else if (value instanceof List) writeArray((List<?>) value, text);
        else if (value instanceof String) writeString((String) value, text);
        else if (value instanceof BigDecimal) text.append(value);
        else if (value instanceof Double || value instanceof Float) writeFraction((Number) value, text);
        else text.append(value);
    }

    /** JSON has no word for the numbers that are none. */
    private static void writeFraction(Number value, StringBuilder text) {
        boolean finite = Double.isFinite(value.doubleValue());
        if (finite) text.append(value);
        else writeString(value.toString(), text);
    }

    private static void writeObject(Map<?, ?> object, StringBuilder text) {
        String separator = "{";
        for (Map.Entry<?, ?> entry : object.entrySet()) {
            text.append(separator);
            writeString(String.valueOf(entry.getKey()), text);
            text.append(':');
            write(entry.getValue(), text);
            separator = ",";
        }
        text.append(object.isEmpty() ? "{}" : "}");
    }

    private static void writeArray(List<?> array, StringBuilder text) {
        text.append('[');
        for (int i = 0; i < array.size(); i++) {
            if (i > 0) text.append(',');
            write(array.get(i), text);
        }
        text.append(']');
    }

    private static void writeString(String value, StringBuilder text) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char next = value.charAt(i);
            if (next == '"' || next == '\\') text.append('\\').append(next);
            else if (next == '\n') text.append("\\n");
            else if (next == '\r') text.append("\\r");
            else if (next == '\t') text.append("\\t");
            else if (next < ' ' || isLoneSurrogate(value, i)) text.append(String.format("\\u%04x", (int) next));
            else text.append(next);
        }
        text.append('"');
    }

    private static boolean isLoneSurrogate(String value, int at) {
        char here = value.charAt(at);
        if (Character.isHighSurrogate(here)) {
            return at + 1 == value.length() || !Character.isLowSurrogate(value.charAt(at + 1));
        }
        return Character.isLowSurrogate(here) && (at == 0 || !Character.isHighSurrogate(value.charAt(at - 1)));
    }
}
