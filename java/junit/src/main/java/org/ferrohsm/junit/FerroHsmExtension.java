package org.ferrohsm.junit;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.Provider;
import java.time.Duration;
import java.util.Optional;
import javax.crypto.SecretKey;
import org.ferrohsm.provider.FerroHsmProvider;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/** What {@link FerroHsm} does. The HSM lies in the store of the annotated class, which closes it after the last test. */
final class FerroHsmExtension implements BeforeAllCallback, ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(FerroHsmExtension.class);

    /** What the store closes, up to Jupiter 5.12 by the one interface and from 5.13 on by the other. */
    @SuppressWarnings("deprecation")
    private record Resource(FerroHsmServer server)
        implements ExtensionContext.Store.CloseableResource, AutoCloseable {
        @Override
        public void close() {
            server.close();
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        server(context);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return isProvider(type) || type == KeyStore.class || type == FerroHsmServer.class
            || parameter.isAnnotated(HsmKey.class);
    }

    private static boolean isProvider(Class<?> type) {
        return Provider.class.isAssignableFrom(type) && type.isAssignableFrom(FerroHsmProvider.class);
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        FerroHsmServer server = server(context);
        String user = parameter.findAnnotation(HsmUser.class).map(HsmUser::value).orElse(FerroHsmServer.DEFAULT_USER);
        try {
            if (type == FerroHsmServer.class) {
                return server;
            }
            if (type == KeyStore.class) {
                return server.keyStore(user);
            }
            Provider provider = server.provider(user);
            if (isProvider(type)) {
                return provider;
            }
            HsmKey wanted = parameter.findAnnotation(HsmKey.class).orElseThrow();
            if (type == KeyPair.class) {
                return HsmKeys.keyPair(provider, wanted);
            }
            if (type == SecretKey.class) {
                return HsmKeys.secretKey(provider, wanted);
            }
            throw new IllegalArgumentException("@HsmKey is for KeyPair or SecretKey, not " + type.getName());
        } catch (GeneralSecurityException | RuntimeException e) {
            throw new ParameterResolutionException(parameter.getParameter() + ": " + e.getMessage(), e);
        }
    }

    /** The HSM of the class that has the annotation. Started here if a test instance is made before {@link #beforeAll}. */
    private static FerroHsmServer server(ExtensionContext context) {
        // By contexts and not by enclosing classes: the class around an inherited @Nested class is not the one that runs.
        for (Optional<ExtensionContext> each = Optional.of(context); each.isPresent(); each = each.get().getParent()) {
            Class<?> testClass = each.get().getTestClass().orElse(null);
            FerroHsm options = AnnotationSupport.findAnnotation(testClass, FerroHsm.class).orElse(null);
            if (options != null) {
                return contextOf(testClass, each.get()).getStore(NAMESPACE)
                    .getOrComputeIfAbsent(testClass, ignored -> new Resource(start(options)), Resource.class).server();
            }
        }
        throw new IllegalStateException("put @FerroHsm on the test class");
    }

    /** The outermost context of a class: with parameterized classes there are several. */
    private static ExtensionContext contextOf(Class<?> testClass, ExtensionContext context) {
        ExtensionContext outermost = context;
        for (Optional<ExtensionContext> each = Optional.of(context); each.isPresent(); each = each.get().getParent()) {
            if (each.get().getTestClass().filter(testClass::equals).isPresent()) {
                outermost = each.get();
            }
        }
        return outermost;
    }

    private static FerroHsmServer start(FerroHsm options) {
        return FerroHsmServer.builder().mode(options.mode()).users(options.users())
            .latency(Duration.ofMillis(options.latencyMillis())).start();
    }
}
