package org.ferrohsm.provider;

/**
 * What the KDF in counter mode of SP 800-108 computes over: {@code prefix || counter || suffix}, where the caller puts
 * label, context and length of the derived key into prefix and suffix. Immutable.
 *
 * <pre>{@code
 * byte[] label = "session".getBytes(StandardCharsets.US_ASCII);
 * AesCmacKdfFixedInputData input = new AesCmacKdfFixedInputData(32, null, label);
 * }</pre>
 */
public final class AesCmacKdfFixedInputData {
    private final int counterWidth;
    private final byte[] prefix;
    private final byte[] suffix;

    /**
     * Fixed input around a counter.
     *
     * @param counterWidth width of the counter in bits: 8, 16, 24 or 32
     * @param prefix bytes before the counter, at most 16 KiB; null for none
     * @param suffix bytes after the counter, at most 16 KiB; null for none
     * @throws IllegalArgumentException for another width
     */
    public AesCmacKdfFixedInputData(int counterWidth, byte[] prefix, byte[] suffix) {
        if (counterWidth != 8 && counterWidth != 16 && counterWidth != 24 && counterWidth != 32) {
            throw new IllegalArgumentException("The counter has 8, 16, 24 or 32 bits, not " + counterWidth);
        }
        this.counterWidth = counterWidth;
        this.prefix = prefix == null ? new byte[0] : prefix.clone();
        this.suffix = suffix == null ? new byte[0] : suffix.clone();
    }

    /** {@return width of the counter in bits} */
    public int getCounterWidth() {
        return counterWidth;
    }

    /** {@return the bytes before the counter; never null} */
    public byte[] getPrefix() {
        return prefix.clone();
    }

    /** {@return the bytes after the counter; never null} */
    public byte[] getSuffix() {
        return suffix.clone();
    }
}
