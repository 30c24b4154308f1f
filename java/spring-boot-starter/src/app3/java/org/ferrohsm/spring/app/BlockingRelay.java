package org.ferrohsm.spring.app;

import org.springframework.boot.autoconfigure.web.client.RestClientSsl;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;

/** Asks another server, with the certificate of the bundle "client". */
@RestController
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
public class BlockingRelay {
    private final RestClient.Builder clients;
    private final RestClientSsl ssl;

    BlockingRelay(RestClient.Builder clients, RestClientSsl ssl) {
        this.clients = clients;
        this.ssl = ssl;
    }

    /** What the other server says. */
    @GetMapping("/relay")
    public String relay(@RequestParam("url") String url) {
        return clients.apply(ssl.fromBundle("client")).build().get().uri(url).retrieve().body(String.class);
    }
}
