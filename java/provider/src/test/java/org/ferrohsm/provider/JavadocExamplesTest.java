package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every public class shows how it is used, and what it shows compiles and runs. */
class JavadocExamplesTest {
    private static final Path SOURCES = Path.of("src/main/java");
    private static final Pattern PUBLIC = Pattern.compile("(?m)^public .*?(?:class|enum|interface|record) (\\w+)");
    private static final Pattern EXAMPLE = Pattern.compile("<pre>\\{@code\n(.*?)\n \\* }</pre>", Pattern.DOTALL);
    private static final List<String> IMPORTS = List.of("java.nio.charset.StandardCharsets", "java.security.*",
        "java.security.spec.*", "java.util.*", "javax.crypto.*", "javax.crypto.spec.*", "javax.security.auth.callback.*",
        "org.ferrohsm.provider.*", "org.ferrohsm.provider.attributes.*", "org.ferrohsm.provider.authentication.*",
        "org.ferrohsm.provider.exception.*", "org.ferrohsm.provider.spec.*");

    @TempDir
    Path directory;

    @Test
    void everyPublicClassHasOne() throws IOException {
        List<String> without = new ArrayList<>();
        publicClasses().forEach((name, source) -> {
            if (!EXAMPLE.matcher(source).find()) {
                without.add(name);
            }
        });
        assertEquals(List.of(), without);
    }

    /** An example finds {@code provider}, which is installed, and {@code data}. */
    @TestFactory
    Stream<DynamicTest> itRuns() throws Exception {
        List<String> names = new ArrayList<>();
        List<String> files = new ArrayList<>();
        for (Map.Entry<String, String> one : publicClasses().entrySet()) {
            Matcher example = EXAMPLE.matcher(one.getValue());
            while (example.find()) {
                String name = one.getKey().substring(one.getKey().lastIndexOf('.') + 1) + "Example" + names.size();
                Path file = directory.resolve(name + ".java");
                Files.writeString(file, program(name, one.getKey(), example.group(1)));
                names.add(name);
                files.add(file.toString());
            }
        }
        assertTrue(names.size() > 50, names.size() + " examples");
        List<String> arguments = new ArrayList<>(List.of("-encoding", "UTF-8", "-proc:none", "-cp",
            System.getProperty("ferrohsm.test.jar"), "-d", directory.toString()));
        arguments.addAll(files);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        assertEquals(0, compiler.run(null, null, null, arguments.toArray(String[]::new)), "the compiler's messages are above");
        return names.stream().map(name -> DynamicTest.dynamicTest(name, () -> run(name)));
    }

    /** The examples see only the public API: the class loader is another, so its package is too. */
    private void run(String name) throws Exception {
        FerroHsmProvider provider = DevHsm.provider();
        Security.addProvider(provider);
        System.setProperty("ferrohsm.config", DevHsm.shared().config().toString());
        try (URLClassLoader loader = new URLClassLoader(new URL[] {directory.toUri().toURL()})) {
            loader.loadClass(name).getMethod("run", FerroHsmProvider.class, byte[].class)
                .invoke(null, provider, new byte[100]);
        } catch (InvocationTargetException e) {
            throw new AssertionError(name, e.getCause());
        } finally {
            System.clearProperty("ferrohsm.config");
            Security.removeProvider(FerroHsmProvider.PROVIDER_NAME);
            Security.removeProvider(provider.getName());
        }
    }

    private static String program(String name, String documented, String example) {
        StringBuilder text = new StringBuilder("import java.security.Provider;\nimport " + documented + ";\n");
        IMPORTS.forEach(imported -> text.append("import ").append(imported).append(";\n"));
        text.append("public class ").append(name)
            .append(" {\n  public static void run(FerroHsmProvider provider, byte[] data) throws Exception {\n");
        example.lines().forEach(line -> text.append(line.replaceFirst("^ \\* ?", "    ")).append('\n'));
        return text.append("  }\n}\n").toString();
    }

    private static Map<String, String> publicClasses() throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            for (Path file : files.filter(file -> file.toString().endsWith(".java")).toList()) {
                String source = Files.readString(file);
                Matcher type = PUBLIC.matcher(source);
                if (type.find()) {
                    String folder = SOURCES.relativize(file.getParent()).toString();
                    found.put(folder.replace('/', '.') + '.' + type.group(1), source);
                }
            }
        }
        assertTrue(found.size() > 50, found.size() + " classes");
        return found;
    }
}
