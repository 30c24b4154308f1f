package org.ferrohsm.spring.app;

import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.webclient.autoconfigure.WebClientSsl;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;

/** As BlockingRelay, without blocking. */
@RestController
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
public class ReactiveRelay {
    private final WebClient.Builder clients;
    private final WebClientSsl ssl;

    ReactiveRelay(WebClient.Builder clients, WebClientSsl ssl) {
        this.clients = clients;
        this.ssl = ssl;
    }

    /** What the other server says. */
    @GetMapping("/relay")
    public Mono<String> relay(@RequestParam("url") String url) {
        return clients.apply(ssl.fromBundle("client")).build().get().uri(url).retrieve().bodyToMono(String.class);
    }
}
