import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Security;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.AEADBadTagException;
import javax.crypto.SecretKey;
import org.ferrohsm.provider.FerroHsmProvider;

/**
 * A table of customers whose column {@code iban} is encrypted, each value under a data key and bound to its row.
 *
 * <p>Usage: {@code Customers create|add NAME IBAN|list|rotate-data-key|rotate-kek}, with the database's URL in the environment variable
 * {@code DATABASE_URL}.
 */
public final class Customers {
    private final Connection database;
    private final DataKeys keys;
    private final Map<Integer, SecretKey> opened = new HashMap<>();

    private Customers(Connection database, KeyStore hsm) {
        this.database = database;
        this.keys = new DataKeys(database, hsm);
    }

    public static void main(String[] args) throws Exception {
        Security.addProvider(new FerroHsmProvider());
        KeyStore hsm = KeyStore.getInstance("FERROHSM");
        hsm.load(null, null);
        try (Connection database = DriverManager.getConnection("jdbc:" + System.getenv("DATABASE_URL"))) {
            // One transaction for the whole command: a rotation that fails half-way has not happened.
            database.setAutoCommit(false);
            Customers customers = new Customers(database, hsm);
            switch (args[0]) {
                case "create" -> customers.create();
                case "add" -> customers.add(args[1], args[2]);
                case "list" -> customers.list();
                case "rotate-data-key" -> customers.rotateDataKey();
                case "rotate-kek" -> customers.rotateKek();
                default -> throw new IllegalArgumentException("no command " + args[0]);
            }
            database.commit();
        }
    }

    private void create() throws GeneralSecurityException, SQLException {
        try (Statement statement = database.createStatement()) {
            statement.execute("create sequence data_key_ids");
            statement.execute("create table data_key (id int primary key, kek text not null, sealed bytea not null)");
            statement.execute("create table customer (id serial primary key, name text not null unique, iban bytea,"
                + " data_key int references data_key)");
        }
        System.out.println("made " + keys.newKek() + " in the HSM, and data key " + keys.newDataKey());
    }

    private void add(String name, String iban) throws GeneralSecurityException, SQLException {
        try (PreparedStatement insert = database.prepareStatement("insert into customer (name) values (?) returning id")) {
            insert.setString(1, name);
            try (ResultSet row = insert.executeQuery()) {
                row.next();
                write(row.getInt(1), iban.getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    private void list() throws GeneralSecurityException, SQLException {
        try (ResultSet rows = database.createStatement().executeQuery(
            "select id, name, iban, data_key from customer order by id")) {
            while (rows.next()) {
                String iban;
                try {
                    iban = new String(read(rows), StandardCharsets.UTF_8);
                } catch (AEADBadTagException e) {
                    iban = "REFUSED, this is not what was stored in this row";
                }
                System.out.println(rows.getString("name") + ": " + iban);
            }
        }
    }

    /** Encrypts everything anew under a new data key. With many rows a program would do this in portions, while it serves. */
    private void rotateDataKey() throws GeneralSecurityException, SQLException {
        int fresh = keys.newDataKey();
        int count = 0;
        try (ResultSet rows = database.createStatement().executeQuery(
            "select id, iban, data_key from customer for update")) {
            while (rows.next()) {
                write(rows.getInt("id"), read(rows));
                count++;
            }
        }
        try (PreparedStatement delete = database.prepareStatement("delete from data_key where id <> ?")) {
            delete.setInt(1, fresh);
            delete.executeUpdate();
        }
        System.out.println("data key " + fresh + ": " + count + " values encrypted anew");
    }

    private void rotateKek() throws GeneralSecurityException, SQLException {
        String kek = keys.newKek();
        System.out.println(kek + ": " + keys.resealAll() + " data keys sealed anew, no value touched");
    }

    private byte[] read(ResultSet row) throws GeneralSecurityException, SQLException {
        return Envelope.open(dataKey(row.getInt("data_key")), row.getBytes("iban"), context(row.getInt("id")));
    }

    private void write(int id, byte[] iban) throws GeneralSecurityException, SQLException {
        int dataKey = keys.newest();
        try (PreparedStatement update = database.prepareStatement("update customer set iban = ?, data_key = ? where id = ?")) {
            update.setBytes(1, Envelope.seal(dataKey(dataKey), iban, context(id)));
            update.setInt(2, dataKey);
            update.setInt(3, id);
            update.executeUpdate();
        }
    }

    /** One question to the HSM for each data key, not for each value: this is what envelopes are for. */
    private SecretKey dataKey(int id) throws GeneralSecurityException, SQLException {
        SecretKey key = opened.get(id);
        if (key == null) {
            key = keys.open(id);
            opened.put(id, key);
        }
        return key;
    }

    private static String context(int id) {
        return "customer.iban " + id;
    }
}
