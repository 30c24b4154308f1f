package org.ferrohsm.spring;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.TimeUnit;
import org.ferrohsm.provider.FerroHsmProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;

/**
 * Micrometer's view of the provider, for whichever registry the application has.
 *
 * <table>
 * <caption>Meters</caption>
 * <tr><td>{@code ferrohsm.calls}</td><td>timer of calls to the HSM, their connecting and repeating included</td></tr>
 * <tr><td>{@code ferrohsm.calls.failed}</td><td>how many of them ended in an exception</td></tr>
 * <tr><td>{@code ferrohsm.certificate.rotations}</td><td>how often an SSL bundle got new certificates</td></tr>
 * </table>
 */
@AutoConfiguration(after = FerroHsmAutoConfiguration.class)
@ConditionalOnClass(MeterBinder.class)
@ConditionalOnBean({FerroHsmProvider.class, CertificateRotation.class})
class FerroHsmMetricsConfiguration {
    @Bean
    MeterBinder ferroHsmMeters(FerroHsmProvider provider, CertificateRotation rotation) {
        return registry -> {
            FunctionTimer.builder("ferrohsm.calls", provider, FerroHsmProvider::callCount,
                FerroHsmProvider::callNanos, TimeUnit.NANOSECONDS)
                .description("Calls to the HSM").register(registry);
            FunctionCounter.builder("ferrohsm.calls.failed", provider, FerroHsmProvider::failedCallCount)
                .description("Calls to the HSM that ended in an exception").register(registry);
            FunctionCounter.builder("ferrohsm.certificate.rotations", rotation, CertificateRotation::rotations)
                .description("Updates of SSL bundles with new certificates from the HSM").register(registry);
        };
    }
}
