package org.ferrohsm.junit;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a process writes to standard error, over all its starts. In files without a name, so that nothing stays behind; not in a
 * pipe, which would block the process while nobody reads. Thread-safe.
 */
final class ServerLog {
    /** Not channels, which an interrupted thread cannot read. */
    private final List<RandomAccessFile> files = new ArrayList<>();
    /** Of files that are closed. */
    private String kept = "";

    /** Starts a process that logs here. */
    synchronized Process start(ProcessBuilder builder) throws IOException {
        Path file = Files.createTempFile("ferrohsm-", ".log");
        try {
            files.add(new RandomAccessFile(file.toFile(), "r"));
            return builder.redirectError(file.toFile()).start();
        } finally {
            Files.delete(file);
        }
    }

    /** The first MiB of each start. */
    synchronized String text() throws IOException {
        StringBuilder text = new StringBuilder(kept);
        for (RandomAccessFile file : files) {
            byte[] bytes = new byte[(int) Math.min(file.length(), 1 << 20)];
            file.seek(0);
            file.readFully(bytes);
            text.append(new String(bytes, StandardCharsets.UTF_8));
        }
        return text.toString();
    }

    /** Lets go of the files; their text stays. */
    synchronized void close() throws IOException {
        kept = text();
        for (RandomAccessFile file : files) {
            file.close();
        }
        files.clear();
    }
}
