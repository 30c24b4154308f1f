package org.ferrohsm.junit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * What a process writes to standard error, over all its starts. In files without a name, so that nothing stays behind; not in a
 * pipe, which would block the process while nobody reads. Thread-safe.
 */
final class ServerLog {
    private final List<FileChannel> files = new ArrayList<>();

    /** Starts a process that logs here. */
    synchronized Process start(ProcessBuilder builder) throws IOException {
        Path file = Files.createTempFile("ferrohsm-", ".log");
        try {
            files.add(FileChannel.open(file, StandardOpenOption.READ));
            return builder.redirectError(file.toFile()).start();
        } finally {
            Files.delete(file);
        }
    }

    /** The first MiB of each start. */
    synchronized String text() throws IOException {
        StringBuilder text = new StringBuilder();
        for (FileChannel file : files) {
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(file.size(), 1 << 20));
            while (bytes.hasRemaining() && file.read(bytes, bytes.position()) >= 0) {
                // Until it is full.
            }
            text.append(StandardCharsets.UTF_8.decode(bytes.flip()));
        }
        return text.toString();
    }
}
