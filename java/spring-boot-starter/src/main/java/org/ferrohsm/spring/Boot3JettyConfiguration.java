package org.ferrohsm.spring;

import org.eclipse.jetty.server.Server;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.web.embedded.jetty.ConfigurableJettyWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/** Lets Jetty take up updates of its SSL bundle, with the classes of Spring Boot 3. */
@AutoConfiguration(after = FerroHsmAutoConfiguration.class)
@ConditionalOnClass({ConfigurableJettyWebServerFactory.class, Server.class})
@ConditionalOnBean(CertificateRotation.class)
@ConditionalOnProperty("server.ssl.bundle")
class Boot3JettyConfiguration {
    @Bean
    WebServerFactoryCustomizer<ConfigurableJettyWebServerFactory> ferroHsmJetty(SslBundles bundles, Environment environment) {
        String bundle = environment.getRequiredProperty("server.ssl.bundle");
        return factory -> factory.addServerCustomizers(server -> JettyRotation.follow(bundles, bundle, server));
    }
}
