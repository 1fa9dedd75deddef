package lambdad.runtime;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The function's classes: its folder, the jars in its lib, the jars in the layers' java/lib, in Lambda's order. */
final class FunctionClasses {
    private static final String INTERFACES = "com.amazonaws.services.lambda.runtime.";

    final ClassLoader loader;

    private FunctionClasses(ClassLoader loader) {
        this.loader = loader;
    }

    static FunctionClasses open() throws MalformedURLException {
        String layers = System.getenv("LAMBDAD_LAYERS_ROOT");
        File task = new File(Main.variable("LAMBDA_TASK_ROOT"));
        List<URL> urls = new ArrayList<>();
        // The folder's URL has to end with a slash, which it does only where the folder exists.
        urls.add(new URL("file", null, task.getPath() + "/"));
        addJars(urls, new File(task, "lib"));
        addJars(urls, new File((layers == null ? "/opt" : layers) + "/java/lib"));
        return new FunctionClasses(new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getSystemClassLoader()));
    }

    private static void addJars(List<URL> urls, File folder) throws MalformedURLException {
        File[] jars = folder.listFiles((in, name) -> name.endsWith(".jar"));
        if (jars == null) return;
        Arrays.sort(jars);
        for (File jar : jars) urls.add(jar.toURI().toURL());
    }

    Class<?> load(String name) throws ClassNotFoundException {
        return Class.forName(name, true, loader);
    }

    /** A class of aws-lambda-java-core, which is the function's own; null where it brings none. */
    Class<?> ofCore(String name) {
        return find(INTERFACES + name);
    }

    Class<?> find(String name) {
        try {
            return Class.forName(name, false, loader);
        } catch (ClassNotFoundException | LinkageError none) {
            return null;
        }
    }
}
