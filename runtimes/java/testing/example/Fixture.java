package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the suite of all runtimes asks of a function. */
public class Fixture implements RequestHandler<Map<String, Object>, Object> {
    @Override
    public Object handleRequest(Map<String, Object> event, Context context) {
        switch ((String) event.get("action")) {
            case "echo":
                return event.get("value");
            case "fail":
                throw new OwnError("broken ü");
            case "log":
                System.out.println("printed ü");
                context.getLogger().log("logged ü\n");
                return null;
            case "large":
                return "x".repeat((Integer) event.get("bytes"));
            case "sleep":
                return sleep((Integer) event.get("ms"));
            case "env":
                return System.getenv((String) event.get("name"));
            case "exit":
                System.exit((Integer) event.get("code"));
                return null;
            case "hog":
                return hog();
            case "context":
                return told(context);
            default:
                throw new IllegalArgumentException();
        }
    }

    private static Object sleep(int ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException error) {
            throw new IllegalStateException(error);
        }
        return "awake";
    }

    private static Object hog() {
        List<byte[]> held = new ArrayList<>();
        while (true) held.add(new byte[10_000_000]);
    }

    private static Map<String, Object> told(Context context) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("requestId", context.getAwsRequestId());
        told.put("functionName", context.getFunctionName());
        told.put("functionVersion", context.getFunctionVersion());
        told.put("memoryMb", context.getMemoryLimitInMB());
        told.put("arn", context.getInvokedFunctionArn());
        told.put("logGroup", context.getLogGroupName());
        told.put("logStream", context.getLogStreamName());
        told.put("remainingMs", context.getRemainingTimeInMillis());
        return told;
    }
}
