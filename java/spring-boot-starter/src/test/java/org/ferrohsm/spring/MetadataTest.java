package org.ferrohsm.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.ClassUtils;

/** The configuration metadata, which is written by hand, and the document say what the properties class is. */
class MetadataTest {
    private record Property(String type, String defaultValue, String sourceType) {
    }

    private static JsonObject metadata() throws IOException {
        try (InputStream in = MetadataTest.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            return new Gson().fromJson(new InputStreamReader(in, StandardCharsets.UTF_8), JsonObject.class);
        }
    }

    /** Those with a source, which are ours; the other is Boot's own pattern. */
    private static Map<String, Property> inMetadata() throws IOException {
        Map<String, Property> found = new TreeMap<>();
        for (JsonElement element : metadata().getAsJsonArray("properties")) {
            JsonObject property = element.getAsJsonObject();
            if (property.has("sourceType")) {
                found.put(property.get("name").getAsString(), new Property(property.get("type").getAsString(),
                    property.has("defaultValue") ? property.get("defaultValue").getAsString() : null,
                    property.get("sourceType").getAsString()));
            }
        }
        return found;
    }

    private static void add(Map<String, Property> found, String prefix, Class<?> properties) {
        for (RecordComponent component : properties.getRecordComponents()) {
            String name = prefix + component.getName();
            if (component.getType().isRecord()) {
                add(found, name + '.', component.getType());
                continue;
            }
            DefaultValue value = Arrays.stream(properties.getDeclaredConstructors()[0].getParameters())
                .filter(parameter -> parameter.getName().equals(component.getName())).findFirst().orElseThrow()
                .getAnnotation(DefaultValue.class);
            found.put(name, new Property(ClassUtils.resolvePrimitiveIfNecessary(component.getType()).getName(),
                value == null ? null : String.join(",", value.value()), properties.getName()));
        }
    }

    @Test
    void metadataMatchesTheClass() throws IOException {
        Map<String, Property> inClass = new TreeMap<>();
        add(inClass, "ferrohsm.", FerroHsmProperties.class);
        assertEquals(inClass, inMetadata());
        assertEquals(6, inClass.size());
    }

    @Test
    void theDocumentListsEveryProperty() throws IOException {
        String document = Files.readString(root().resolve("docs/spring-boot.md"));
        for (JsonElement element : metadata().getAsJsonArray("properties")) {
            String name = element.getAsJsonObject().get("name").getAsString();
            assertTrue(document.contains('`' + name + '`'), "docs/spring-boot.md says nothing of " + name);
            assertTrue(element.getAsJsonObject().get("description").getAsString().endsWith("."), name + " has no sentence");
        }
    }

    @Test
    void theRecordDoesNotPrintThePassword() {
        FerroHsmProperties properties = new FerroHsmProperties(true, "a.toml", "app", "hunter2",
            new FerroHsmProperties.KeyStore(true), new FerroHsmProperties.Rotation(Duration.ofSeconds(1)));
        assertTrue(properties.toString().contains("app") && !properties.toString().contains("hunter2"));
    }

    /** Root of the repository. */
    static Path root() {
        return Path.of(System.getProperty("ferrohsm.test.root"));
    }
}
