package org.ferrohsm.spring;

import org.ferrohsm.provider.FerroHsmProvider;
import org.springframework.boot.actuate.autoconfigure.health.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.actuate.health.AbstractHealthIndicator;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Health of the HSM as the classes of Spring Boot 3 have it: {@code /actuator/health/ferroHsm}. */
@AutoConfiguration(after = FerroHsmAutoConfiguration.class)
@ConditionalOnClass(AbstractHealthIndicator.class)
@ConditionalOnBean(FerroHsmProvider.class)
@ConditionalOnEnabledHealthIndicator("ferrohsm")
class Boot3HealthConfiguration {
    /** Up when an HSM can be reached and the login works. */
    @Bean
    @ConditionalOnMissingBean(name = "ferroHsmHealthIndicator")
    AbstractHealthIndicator ferroHsmHealthIndicator(FerroHsmProvider provider) {
        return new AbstractHealthIndicator("FerroHSM does not answer") {
            @Override
            protected void doHealthCheck(Health.Builder builder) {
                provider.checkHealth();
                builder.up().withDetail("provider", provider.toString());
            }
        };
    }
}
