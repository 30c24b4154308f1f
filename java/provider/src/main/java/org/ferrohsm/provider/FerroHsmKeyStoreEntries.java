package org.ferrohsm.provider;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStoreException;
import java.security.ProviderException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;

/**
 * The user's token keys and certificates by alias.
 *
 * <p>An alias is a label. PKCS#11 lets several objects share a label and lets one have none, so: the oldest object of a
 * label has it as its alias; all others, and objects whose label itself looks like a handle, are listed as
 * {@code 0x<handle>}. Every object is found by its handle too, so that a name from a list stays good while the list is
 * being worked through.
 *
 * <p>The whole list is kept for a second, or until this process changes something through the same client, because TLS
 * key managers and administration consoles walk it entry by entry. Thread-safe.
 */
final class FerroHsmKeyStoreEntries {
    private static final long KEPT_NANOS = 1_000_000_000L;
    /** Longest label, in bytes of UTF-8, as in the attributes table. */
    private static final int MAX_LABEL_BYTES = 1024;
    private static final Pattern HANDLE = Pattern.compile("0x[0-9a-f]{1,16}");
    private static final Comparator<KeyInfo> OLDEST_FIRST =
        Comparator.comparingLong(KeyInfo::createdMillis).thenComparingLong(KeyInfo::handle);

    private record Listing(Map<String, KeyInfo> byAlias, long changes, long atNanos) {
    }

    /** A listing that is under way, asked for after that many changes. */
    private record Flight(long changes, CompletableFuture<Listing> result) {
    }

    private final HsmClient client;
    private final AtomicReference<Flight> flights = new AtomicReference<>();
    private final AtomicLong otherChanges = new AtomicLong();
    private volatile Listing listing;

    FerroHsmKeyStoreEntries(HsmClient client) {
        this.client = client;
    }

    HsmClient client() {
        return client;
    }

    /** Says that something may have changed, through whichever client. */
    void changed() {
        otherChanges.incrementAndGet();
    }

    private long changes() {
        return client.changes() + otherChanges.get();
    }

    /** Everything, oldest first. One thread asks the HSM, and those that come meanwhile share its answer or failure. */
    Map<String, KeyInfo> all() {
        Listing known = fresh();
        if (known != null) {
            return known.byAlias();
        }
        CompletableFuture<Listing> mine = new CompletableFuture<>();
        Flight flight = new Flight(changes(), mine);
        Flight others = flights.updateAndGet(flying ->
            flying == null || flying.result().isDone() || flying.changes() != flight.changes() ? flight : flying);
        if (others != flight) {
            return join(others.result()).byAlias();
        }
        try {
            long now = System.nanoTime();
            Listing found = new Listing(aliases(tokenObjects(new Template())), flight.changes(), now);
            listing = found;
            mine.complete(found);
        } catch (GeneralSecurityException e) {
            mine.completeExceptionally(new ProviderException(e.getMessage(), e));
        } catch (RuntimeException | Error e) {
            mine.completeExceptionally(e);
        }
        return join(mine).byAlias();
    }

    private static Listing join(CompletableFuture<Listing> result) {
        try {
            return result.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new ProviderException(e.getCause().getMessage(), e.getCause());
        }
    }

    /** The object of an alias, at most a second old; null if there is none. */
    KeyInfo find(String alias) {
        Listing known = fresh();
        return known == null || alias != null && isHandle(alias) && !known.byAlias().containsKey(alias) ? findNow(alias)
            : known.byAlias().get(alias);
    }

    /** The object of an alias as the HSM has it now, for whoever is about to change it; null if there is none. */
    KeyInfo findNow(String alias) {
        if (!isLabel(alias)) {
            return null;
        }
        try {
            if (!isHandle(alias)) {
                return oldest(alias);
            }
            KeyInfo info = get(Long.parseUnsignedLong(alias.substring(2), 16));
            return info != null && info.isToken() ? info : null;
        } catch (GeneralSecurityException e) {
            throw new ProviderException(e.getMessage(), e);
        }
    }

    /** The aliases that lead to an object now. */
    Set<String> aliasesOf(KeyInfo info) throws GeneralSecurityException {
        String label = info.label();
        if (label != null && !isHandle(label)) {
            KeyInfo first = oldest(label);
            if (first != null && first.handle() == info.handle()) {
                return Set.of(label, handleAlias(info));
            }
        }
        return Set.of(handleAlias(info));
    }

    /** Refuses what cannot be a new alias. */
    static void checkNew(String alias) throws KeyStoreException {
        if (!isLabel(alias)) {
            throw new KeyStoreException("An alias has 1 to " + MAX_LABEL_BYTES + " bytes of UTF-8"
                + (alias == null ? ", not null" : ", and this one is empty, longer or no valid Unicode"));
        }
        if (isHandle(alias)) {
            throw new KeyStoreException("Aliases like " + alias + " stand for keys without a label: choose another");
        }
    }

    private KeyInfo get(long handle) throws GeneralSecurityException {
        return handle <= 0 || handle % 2 != 0 ? null : client.findKey(handle);
    }

    private KeyInfo oldest(String label) throws GeneralSecurityException {
        List<KeyInfo> found = tokenObjects(new Template().text("label", label));
        return found.isEmpty() ? null : found.get(0);
    }

    private List<KeyInfo> tokenObjects(Template template) throws GeneralSecurityException {
        template.flag("token", true);
        List<KeyInfo> found = new ArrayList<>();
        client.findKeys(template, null, found::add);
        found.sort(OLDEST_FIRST);
        return found;
    }

    private static Map<String, KeyInfo> aliases(List<KeyInfo> oldestFirst) {
        Map<String, KeyInfo> byAlias = new LinkedHashMap<>();
        for (KeyInfo info : oldestFirst) {
            String label = info.label();
            if (label == null || isHandle(label) || byAlias.putIfAbsent(label, info) != null) {
                byAlias.put(handleAlias(info), info);
            }
        }
        return byAlias;
    }

    private Listing fresh() {
        Listing known = listing;
        return known != null && known.changes() == changes()
            && System.nanoTime() - known.atNanos() < KEPT_NANOS ? known : null;
    }

    private static String handleAlias(KeyInfo info) {
        return "0x" + Long.toHexString(info.handle());
    }

    private static boolean isHandle(String text) {
        return HANDLE.matcher(text).matches();
    }

    private static boolean isLabel(String text) {
        if (text == null || text.isEmpty() || text.length() > MAX_LABEL_BYTES) {
            return false;
        }
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            return encoded.remaining() <= MAX_LABEL_BYTES;
        } catch (CharacterCodingException e) {
            return false; // half of a surrogate pair
        }
    }
}
