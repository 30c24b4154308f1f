package org.ferrohsm.provider;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Searches another process's whole readable memory for byte patterns while it runs, through {@code /proc}. Patterns are
 * cut into pieces of {@link #PIECE} bytes and each piece is searched for at every address, so that a copy is found too
 * when half of it has been overwritten. Not thread-safe.
 */
final class ProcessMemory {
    /** Bytes of a piece: chance makes none. */
    static final int PIECE = 16;

    private static final int CHUNK = 1 << 20;
    /** The kernel's own pages: the process cannot write there, and they cannot be read from outside. */
    private static final Set<String> KERNELS = Set.of("[vvar]", "[vvar_vclock]", "[vsyscall]");

    private record Needle(String name, byte[] bytes) {
    }

    private record Region(long start, long end, String name) {
        boolean overlaps(Region other) {
            return start < other.end && other.start < end;
        }
    }

    private final Map<Integer, List<Needle>> needles = new HashMap<>();
    /** Marks the first two bytes of every piece: nearly every address is dismissed by this alone. */
    private final boolean[] starts = new boolean[1 << 16];
    private final Set<String> found = new HashSet<>();
    private long scanned;
    private long unreadable;

    /**
     * Searches for a pattern in the three forms in which numbers and keys lie in memory: as it is (big-endian numbers,
     * key bytes), reversed (little-endian numbers, also in limbs of any size), and as a {@code BigInteger} keeps it on a
     * little-endian machine: words of 32 bits, most significant word first, each word reversed.
     */
    void searchFor(String name, byte[] pattern) {
        if (pattern.length < PIECE || pattern.length % 4 != 0) {
            throw new IllegalArgumentException(name + " has " + pattern.length + " bytes");
        }
        byte[] reversed = new byte[pattern.length];
        byte[] words = new byte[pattern.length];
        for (int i = 0; i < pattern.length; i++) {
            reversed[i] = pattern[pattern.length - 1 - i];
            words[i] = pattern[i - i % 4 + 3 - i % 4];
        }
        addPieces(name + " big-endian", pattern);
        addPieces(name + " little-endian", reversed);
        addPieces(name + " words", words);
    }

    private void addPieces(String name, byte[] form) {
        for (int at = 0; at + PIECE <= form.length; at += PIECE) {
            byte[] piece = Arrays.copyOfRange(form, at, at + PIECE);
            int start = start(piece, 0);
            starts[start] = true;
            needles.computeIfAbsent(start, key -> new ArrayList<>()).add(new Needle(name, piece));
        }
    }

    private static int start(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
    }

    /**
     * Looks through the memory of a process once.
     *
     * @throws IOException when the process or a part of its memory that it still has cannot be read
     */
    void scan(long pid) throws IOException {
        try (RandomAccessFile memory = new RandomAccessFile("/proc/" + pid + "/mem", "r")) {
            List<Region> refused = new ArrayList<>();
            for (Region region : regions(pid)) {
                if (!scan(memory, region)) {
                    refused.add(region);
                }
            }
            // A thread may have ended and taken its stack along, or a region may have shrunk: what is there now must be
            // readable.
            for (Region region : refused.isEmpty() ? refused : regions(pid)) {
                if (refused.stream().anyMatch(region::overlaps) && !scan(memory, region)) {
                    throw new IOException("cannot read " + region + " of process " + pid);
                }
            }
        }
    }

    private static List<Region> regions(long pid) throws IOException {
        List<Region> regions = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/maps"))) {
            String[] fields = line.trim().split("\\s+", 6);
            String name = fields.length == 6 ? fields[5] : "";
            if (fields[1].startsWith("r") && !KERNELS.contains(name)) {
                String[] ends = fields[0].split("-");
                regions.add(new Region(Long.parseLong(ends[0], 16), Long.parseLong(ends[1], 16), name));
            }
        }
        if (regions.isEmpty()) {
            throw new IOException("process " + pid + " has no memory");
        }
        return regions;
    }

    /** Whether all of it could be read. */
    private boolean scan(RandomAccessFile memory, Region region) {
        byte[] chunk = new byte[CHUNK + PIECE - 1];
        int kept = 0;
        for (long at = region.start; at < region.end;) {
            int wanted = (int) Math.min(CHUNK, region.end - at);
            int count;
            try {
                memory.seek(at);
                count = memory.read(chunk, kept, wanted);
            } catch (IOException e) {
                count = -1;
            }
            if (count <= 0) {
                unreadable += region.end - at;
                return false;
            }
            look(chunk, kept + count);
            scanned += count;
            at += count;
            // A piece may lie across two chunks.
            int filled = kept + count;
            kept = Math.min(PIECE - 1, filled);
            System.arraycopy(chunk, filled - kept, chunk, 0, kept);
        }
        return true;
    }

    private void look(byte[] bytes, int length) {
        for (int at = 0; at + PIECE <= length; at++) {
            int start = start(bytes, at);
            if (starts[start]) {
                for (Needle needle : needles.get(start)) {
                    if (Arrays.equals(needle.bytes, 0, PIECE, bytes, at, at + PIECE)) {
                        found.add(needle.name);
                    }
                }
            }
        }
    }

    /** Name and form of every pattern of which a piece was found, in all scans so far. */
    Set<String> found() {
        return found;
    }

    /** Bytes looked at in all scans so far. */
    long scannedBytes() {
        return scanned;
    }

    /** Bytes that went away before they were read. */
    long unreadableBytes() {
        return unreadable;
    }
}
