import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * The table of data keys. Each is sealed by a key-encryption key (KEK) of the HSM, {@code kek-1}, {@code kek-2} and so on; the newest
 * seals. For one database connection, so for one thread.
 */
final class DataKeys {
    private final Connection database;
    private final KeyStore hsm;

    DataKeys(Connection database, KeyStore hsm) {
        this.database = database;
        this.hsm = hsm;
    }

    /** Makes a KEK in the HSM: 256 bits, not extractable, kept because it becomes an entry of the KeyStore. */
    String newKek() throws GeneralSecurityException {
        String alias = "kek-" + (newestKek().map(DataKeys::number).orElse(0) + 1);
        KeyGenerator generator = KeyGenerator.getInstance("AES", hsm.getProvider());
        generator.init(256);
        hsm.setKeyEntry(alias, generator.generateKey(), null, null);
        return alias;
    }

    private Optional<String> newestKek() throws GeneralSecurityException {
        return Collections.list(hsm.aliases()).stream().filter(alias -> alias.startsWith("kek-"))
            .max(Comparator.comparingInt(DataKeys::number));
    }

    private static int number(String alias) {
        return Integer.parseInt(alias.substring("kek-".length()));
    }

    /** Makes a data key in this JVM, stores it sealed, and gives its id. */
    int newDataKey() throws GeneralSecurityException, SQLException {
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        try (ResultSet next = database.createStatement().executeQuery("select nextval('data_key_ids')");
            PreparedStatement insert = database.prepareStatement("insert into data_key values (?, ?, ?)")) {
            next.next();
            int id = next.getInt(1);
            store(insert, 1, id, 2, 3, key);
            return id;
        }
    }

    /** Seals under the newest KEK and runs the statement, whose parameters are at these places. */
    private void store(PreparedStatement statement, int idPlace, int id, int kekPlace, int sealedPlace, byte[] key)
        throws GeneralSecurityException, SQLException {
        String kek = newestKek().orElseThrow();
        statement.setInt(idPlace, id);
        statement.setString(kekPlace, kek);
        statement.setBytes(sealedPlace, Envelope.seal(hsm.getKey(kek, null), key, context(id)));
        statement.executeUpdate();
    }

    /** The data key to encrypt with. */
    int newest() throws SQLException {
        try (ResultSet newest = database.createStatement().executeQuery("select max(id) from data_key")) {
            newest.next();
            return newest.getInt(1);
        }
    }

    /** Has the HSM open a data key. The key is in this JVM from here on. */
    SecretKey open(int id) throws GeneralSecurityException, SQLException {
        try (PreparedStatement select = database.prepareStatement("select kek, sealed from data_key where id = ?")) {
            select.setInt(1, id);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return new SecretKeySpec(Envelope.open(hsm.getKey(row.getString(1), null), row.getBytes(2), context(id)), "AES");
            }
        }
    }

    /** Seals all data keys under the newest KEK. The data itself is not touched. */
    int resealAll() throws GeneralSecurityException, SQLException {
        List<Integer> ids = new ArrayList<>();
        try (ResultSet rows = database.createStatement().executeQuery("select id from data_key for update")) {
            while (rows.next()) {
                ids.add(rows.getInt(1));
            }
        }
        try (PreparedStatement update = database.prepareStatement("update data_key set kek = ?, sealed = ? where id = ?")) {
            for (int id : ids) {
                store(update, 3, id, 1, 2, open(id).getEncoded());
            }
        }
        return ids.size();
    }

    private static String context(int id) {
        return "data_key " + id;
    }
}
