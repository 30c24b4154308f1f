import java.io.InputStream;
import java.net.URL;
import javax.net.ssl.HttpsURLConnection;

/**
 * Asks for a page over mutual TLS and prints it.
 *
 * <p>Usage: {@code Client CA URL}.
 */
public final class Client {
    private Client() {
    }

    public static void main(String[] args) throws Exception {
        HttpsURLConnection connection = (HttpsURLConnection) new URL(args[1]).openConnection();
        connection.setSSLSocketFactory(Tls.context(args[0]).getSocketFactory());
        try (InputStream page = connection.getInputStream()) {
            page.transferTo(System.out);
        }
    }
}
