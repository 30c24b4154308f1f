package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The private bytes of keys are nowhere in the memory of a JVM that uses them.
 *
 * <p>Three processes: one JVM makes keys in software, imports them and tells this one their bytes; another, which never
 * had them, signs, decrypts, encrypts and computes MACs with them on ten threads; this one reads all of that JVM's
 * memory meanwhile. Searched for: d, p, q, dp, dq and qinv of an RSA key, the scalar of an EC key, an AES key and an
 * HMAC key, each in the forms that {@link ProcessMemory#searchFor} names, and every 16 bytes of each. Patterns planted
 * on that JVM's heap and in its native memory show that the search finds what is there.
 */
class MemoryScanTest {
    private static final int CANARY_BYTES = 32;
    private static final int SCANS = 2;

    @Test
    void theUsingJvmNeverHasThePrivateBytes() throws Exception {
        try (DevHsm hsm = DevHsm.start("fips")) {
            run(hsm);
        }
    }

    private static void run(DevHsm hsm) throws Exception {
        ProcessMemory memory = new ProcessMemory();
        List<String> secrets = importKeys(hsm);
        assertEquals(9, secrets.size(), secrets.toString());
        for (String line : secrets) {
            String[] secret = line.split(" ");
            memory.searchFor(secret[0], HexFormat.of().parseHex(secret[1]));
        }
        String[] canaries = new String[4];
        for (int i = 0; i < canaries.length; i++) {
            byte[] canary = new byte[CANARY_BYTES];
            new SecureRandom().nextBytes(canary);
            canary[0] |= (byte) 0x80; // a BigInteger then has the full number of words
            canaries[i] = HexFormat.of().formatHex(canary);
            memory.searchFor("canary " + i, canary);
        }
        Process using = new ForkedJvm().start(MemoryUseMain.class, hsm.config().toString(), canaries[0], canaries[1],
            canaries[2], canaries[3]);
        try {
            scan(using, memory);
        } finally {
            using.getOutputStream().close();
            if (!using.waitFor(Patience.SECONDS, TimeUnit.SECONDS)) {
                using.destroyForcibly().waitFor();
            }
        }
        assertEquals(0, using.exitValue());
        for (String planted : List.of("canary 0 big-endian", "canary 1 words", "canary 2 big-endian",
            "canary 3 little-endian")) {
            assertTrue(memory.found().contains(planted), planted + " was not found, only " + memory.found());
        }
        // Other forms of a canary may turn up: SHA-256 in Java unpacks what it hashes into words.
        assertEquals(Set.of(),
            memory.found().stream().filter(name -> !name.startsWith("canary")).collect(Collectors.toSet()));
    }

    private static List<String> importKeys(DevHsm hsm) throws Exception {
        Path file = Files.createTempFile("ferrohsm-secrets-", ".txt");
        try {
            ForkedJvm.Result result =
                new ForkedJvm().run(MemoryImportMain.class, hsm.config().toString(), file.toString());
            assertEquals(0, result.code(), result.output());
            return Files.readAllLines(file);
        } finally {
            // Before the other JVM starts, so that it cannot have read it.
            Files.delete(file);
        }
    }

    private static void scan(Process using, ProcessMemory memory) throws Exception {
        BufferedReader answers = new BufferedReader(new InputStreamReader(using.getInputStream()));
        long before = operations(using, answers);
        for (int i = 0; i < SCANS; i++) {
            memory.scan(using.pid());
            long after = operations(using, answers);
            assertTrue(after > before, "nothing happened during the scan");
            before = after;
        }
        System.out.printf("%d scans of a JVM that did %d operations: %d MiB read, %d KiB gone before they were read%n",
            SCANS, before, memory.scannedBytes() >> 20, memory.unreadableBytes() >> 10);
    }

    /** How many operations the other JVM has done. */
    private static long operations(Process using, BufferedReader answers) throws IOException {
        OutputStream commands = using.getOutputStream();
        commands.write('\n');
        commands.flush();
        String answer = answers.readLine();
        if (answer == null) {
            throw new IOException("The other JVM ended: " + new String(using.getErrorStream().readAllBytes()));
        }
        return Long.parseLong(answer);
    }
}
