package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaRuntime;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.amazonaws.services.lambda.runtime.events.SQSEvent;
import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** A handler of each form. */
public class Forms implements RequestStreamHandler {
    @Override
    public void handleRequest(InputStream input, OutputStream output, Context context) throws IOException {
        output.write(("{\"got\":" + new String(input.readAllBytes(), "UTF-8") + "}").getBytes("UTF-8"));
    }

    public enum Colour { RED, BLUE }

    public static class Point {
        private int x;
        public Double y;
        private final String fixed = null;
        private Colour colour;

        public int getX() {
            return x;
        }

        public void setX(int x) {
            this.x = x;
        }

        public Colour getColour() {
            return colour;
        }

        public void setColour(Colour colour) {
            this.colour = colour;
        }

        public boolean isFar() {
            return x > 100;
        }

        public String getFixed() {
            return fixed;
        }
    }

    public static class Order {
        public UUID id;
        public Instant at;
        public BigDecimal price;
        public List<Point> points;
        public Map<String, List<Long>> counts;
        public int[] numbers;
        public byte[] blob;
        public Optional<String> note;
        public Point[] corners;
    }

    public Point point(Point given, Context context) {
        given.x++;
        return given;
    }

    public Order order(Order given) {
        given.points.get(0).x++;
        return given;
    }

    public List<Point> list(List<Point> given) {
        given.forEach(point -> point.x *= 2);
        return given;
    }

    public static String shout(String given) {
        return given.toUpperCase() + "!";
    }

    public int add(int given) {
        return given + 1;
    }

    public void nothing() {}

    public String onlyContext(Context context) {
        return context.getAwsRequestId();
    }

    public String overloaded(String given) {
        return "short";
    }

    public String overloaded(String given, Context context) {
        return "long";
    }

    public String tooMany(String a, String b, String c, String d) {
        return a;
    }

    public String sqs(SQSEvent event) {
        return event.getRecords().get(0).getBody() + " " + event.getRecords().get(0).getEventSourceArn();
    }

    public Object cycle() {
        List<Object> list = new java.util.ArrayList<>();
        list.add(list);
        return list;
    }

    public Object checked() throws Exception {
        throw new java.io.IOException("outer", new IllegalStateException("inner"));
    }

    public Object noMessage() {
        throw new NullPointerException();
    }

    public Object stackOverflow() {
        return stackOverflow();
    }

    public Object interrupted() {
        Thread.currentThread().interrupt();
        return "still there";
    }

    public Object client(Context context) {
        return List.of(
            context.getClientContext().getClient().getAppTitle(),
            context.getClientContext().getCustom(),
            context.getClientContext().getEnvironment(),
            context.getIdentity().getIdentityId(),
            context.getTenantId(),
            String.valueOf(System.getProperty("com.amazonaws.xray.traceHeader")),
            String.valueOf(context.getLogger() == LambdaRuntime.getLogger()),
            context.equals(context));
    }

    public void levels(Object event, Context context) {
        context.getLogger().log("plain");
        context.getLogger().log("fine", LogLevel.DEBUG);
        context.getLogger().log("told\n2", LogLevel.WARN);
        context.getLogger().log(new byte[] {'b'});
    }
}
