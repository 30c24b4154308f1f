import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * Greets every client that has a certificate of the authority, by the certificate's name. Prints the port it listens on.
 *
 * <p>Usage: {@code Server CA}.
 */
public final class Server {
    private Server() {
    }

    public static void main(String[] args) throws Exception {
        SSLContext tls = Tls.context(args[0]);
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters tlsParameters = getSSLContext().getDefaultSSLParameters();
                tlsParameters.setNeedClientAuth(true);
                parameters.setSSLParameters(tlsParameters);
            }
        });
        server.createContext("/", exchange -> {
            String client = ((HttpsExchange) exchange).getSSLSession().getPeerPrincipal().getName();
            byte[] body = ("Hello, " + client + ".\n").getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            try (OutputStream response = exchange.getResponseBody()) {
                response.write(body);
            }
        });
        server.start();
        System.out.println(server.getAddress().getPort());
    }
}
