package org.ferrohsm.provider;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The big-endian layout of structured arguments and results of {@link HsmNative}. Texts and byte strings are a 32-bit
 * length and the bytes (UTF-8). Private to one release of jar and library.
 */
final class Wire {
    /** Writes a structure to memory. */
    interface Body {
        void write(DataOutputStream out) throws IOException;
    }

    /** Reads a structure from memory. */
    interface Parser<T> {
        T read(DataInputStream in) throws IOException;
    }

    private Wire() {
    }

    static byte[] write(Body body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            body.write(new DataOutputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory does not fail
        }
        return bytes.toByteArray();
    }

    static <T> T read(byte[] bytes, Parser<T> parser) {
        try {
            return parser.read(new DataInputStream(new ByteArrayInputStream(bytes)));
        } catch (IOException e) {
            throw new UncheckedIOException("The FerroHSM library answered in an unknown layout", e);
        }
    }

    static void bytes(DataOutputStream out, byte[] value) throws IOException {
        out.writeInt(value.length);
        out.write(value);
    }

    static byte[] bytes(DataInputStream in) throws IOException {
        return exactly(in, in.readInt());
    }

    /** All that is left. */
    static byte[] rest(DataInputStream in) throws IOException {
        return exactly(in, in.available());
    }

    /** Not readNBytes, which collects 8 KiB at a time. */
    private static byte[] exactly(DataInputStream in, int length) throws IOException {
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }

    static void text(DataOutputStream out, String value) throws IOException {
        bytes(out, value.getBytes(StandardCharsets.UTF_8));
    }

    static String text(DataInputStream in) throws IOException {
        return new String(bytes(in), StandardCharsets.UTF_8);
    }

    static List<byte[]> byteStrings(DataInputStream in) throws IOException {
        List<byte[]> list = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            list.add(bytes(in));
        }
        return list;
    }

    static byte[] byteStrings(List<byte[]> list) {
        return write(out -> {
            out.writeInt(list.size());
            for (byte[] value : list) {
                bytes(out, value);
            }
        });
    }

    /**
     * Attributes by id; values are {@link Boolean}, {@link String}, {@code byte[]}, {@code int[]}, {@link Long}
     * or, for a template, again a map.
     */
    static void attributes(DataOutputStream out, Map<Integer, Object> attributes) throws IOException {
        out.writeInt(attributes.size());
        for (Map.Entry<Integer, Object> attribute : attributes.entrySet()) {
            out.writeInt(attribute.getKey());
            Object value = attribute.getValue();
            if (value instanceof Boolean flag) {
                out.writeByte('f');
                out.writeBoolean(flag);
            } else if (value instanceof String text) {
                out.writeByte('t');
                text(out, text);
            } else if (value instanceof byte[] octets) {
                out.writeByte('o');
                bytes(out, octets);
            } else if (value instanceof int[] mechanisms) {
                out.writeByte('m');
                out.writeInt(mechanisms.length);
                for (int mechanism : mechanisms) {
                    out.writeInt(mechanism);
                }
            } else if (value instanceof Map<?, ?> template) {
                out.writeByte('a');
                Map<Integer, Object> nested = new LinkedHashMap<>();
                template.forEach((id, held) -> nested.put((Integer) id, held));
                attributes(out, nested);
            } else {
                out.writeByte('n');
                out.writeLong((Long) value);
            }
        }
    }

    static Map<Integer, Object> attributes(DataInputStream in) throws IOException {
        Map<Integer, Object> attributes = new LinkedHashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            int id = in.readInt();
            int kind = in.readUnsignedByte();
            Object value = switch (kind) {
                case 'f' -> in.readBoolean();
                case 't' -> text(in);
                case 'o' -> bytes(in);
                case 'm' -> {
                    int[] mechanisms = new int[in.readInt()];
                    for (int i = 0; i < mechanisms.length; i++) {
                        mechanisms[i] = in.readInt();
                    }
                    yield mechanisms;
                }
                case 'n' -> in.readLong();
                case 'a' -> attributes(in);
                default -> throw new IOException("attribute kind " + kind);
            };
            attributes.put(id, value);
        }
        return attributes;
    }
}
