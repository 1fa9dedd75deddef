package example;

public class BrokenInit {
    public BrokenInit() {
        throw new OwnError("init");
    }

    public String handle(Object event) {
        return "never";
    }
}
