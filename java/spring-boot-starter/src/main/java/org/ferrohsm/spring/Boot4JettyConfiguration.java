package org.ferrohsm.spring;

import org.eclipse.jetty.server.Server;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.jetty.ConfigurableJettyWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/** {@link JettyKeys} for the web server, with the classes of Spring Boot 4. */
@AutoConfiguration(after = FerroHsmAutoConfiguration.class)
@ConditionalOnClass({ConfigurableJettyWebServerFactory.class, Server.class})
@ConditionalOnBean(CertificateRotation.class)
class Boot4JettyConfiguration {
    @Bean
    WebServerFactoryCustomizer<ConfigurableJettyWebServerFactory> ferroHsmJetty(SslBundles bundles, Environment environment) {
        String bundle = environment.getProperty("server.ssl.bundle");
        return factory -> factory.addServerCustomizers(server -> JettyKeys.follow(bundles, bundle, server));
    }
}
