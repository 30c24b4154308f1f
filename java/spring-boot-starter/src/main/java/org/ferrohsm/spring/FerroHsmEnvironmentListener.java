package org.ferrohsm.spring;

import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.Ordered;

/**
 * Installs the provider as soon as the application's properties are known, before anything reads a KeyStore: SSL bundles
 * and web servers are made later. Spring Boot finds it through {@code META-INF/spring.factories}.
 *
 * <p>A listener because it has one name in Boot 3 and 4, which EnvironmentPostProcessor has not.
 */
final class FerroHsmEnvironmentListener implements ApplicationListener<ApplicationEnvironmentPreparedEvent>, Ordered {
    @Override
    public void onApplicationEvent(ApplicationEnvironmentPreparedEvent event) {
        if (FerroHsmRegistration.properties(event.getEnvironment()).enabled()) {
            FerroHsmRegistration.install(event.getEnvironment());
        }
    }

    /** After Boot's own, which add the properties from files; the exact place among later ones does not matter. */
    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE + 100;
    }
}
