package org.ferrohsm.spring;

import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.context.SmartLifecycle;

/**
 * Brings certificates that were changed in the HSM into use without a restart. Spring Boot does so for stores that are
 * files; here the HSM is asked at an interval, and an SSL bundle with other certificates than before is updated, which web
 * servers and those who listen for updates of the bundle take up. A new key shows as a new certificate. Bundles whose
 * keys are elsewhere are left alone.
 *
 * <p>A bundle whose alias is missing or has no certificate stays as it is, and so do all while no HSM can be reached: the log
 * has one warning about it. Thread-safe.
 */
public final class CertificateRotation implements SmartLifecycle {
    private static final Log LOGGER = LogFactory.getLog(CertificateRotation.class);

    private final Duration interval;
    /** What the certificates of a bundle were when they were last put into use. */
    private final Map<String, String> inUse = new HashMap<>();
    private final Map<String, String> complaints = new HashMap<>();
    private final AtomicLong rotations = new AtomicLong();
    private volatile HsmSslBundleRegistry registry;
    /** Beside the lock of a check, which may wait for the HSM while the application ends. */
    private final Object lifecycle = new Object();
    private ScheduledThreadPoolExecutor thread;

    CertificateRotation(Duration interval) {
        this.interval = interval;
    }

    /** Looks at the bundles before anybody uses them, so that no change is missed. */
    synchronized void watch(HsmSslBundleRegistry bundles) {
        registry = bundles;
        for (String name : names()) {
            try {
                SslBundle bundle = registry.getBundle(name);
                if (isInHsm(bundle)) {
                    inUse.put(name, certificates(bundle));
                }
            } catch (RuntimeException | GeneralSecurityException e) {
                // Whoever uses the bundle says what is wrong with it; the first check finds it changed.
                LOGGER.debug("SSL bundle '" + name + "' cannot be read yet", e);
            }
        }
    }

    /**
     * Asks the HSM now, for an application that is told of new certificates and does not want to wait for the interval.
     *
     * <pre>{@code
     * @PostMapping("/certificates/renewed")
     * List<String> renewed() {
     *     return rotation.check();
     * }
     * }</pre>
     *
     * @return names of the bundles that were updated
     */
    public synchronized List<String> check() {
        return names().stream().filter(this::update).toList();
    }

    /**
     * Counts the updates.
     *
     * @return how often a bundle was updated since the start
     */
    public long rotations() {
        return rotations.get();
    }

    private List<String> names() {
        return registry == null ? List.of() : registry.getBundleNames();
    }

    private boolean update(String name) {
        try {
            SslBundle bundle = registry.getBundle(name);
            if (!isInHsm(bundle)) {
                return false;
            }
            String certificates = certificates(bundle);
            if (certificates.equals(inUse.get(name))) {
                complaints.remove(name);
                return false;
            }
            // The KeyStore shows what is in the HSM; key managers are made anew from it, as they keep what they saw.
            registry.updateBundle(name, SslBundle.of(bundle.getStores(), bundle.getKey(), bundle.getOptions(),
                bundle.getProtocol()));
            rotations.incrementAndGet();
            inUse.put(name, certificates);
            complaints.remove(name);
            LOGGER.info("SSL bundle '" + name + "' has new certificates from the HSM");
            return true;
        } catch (RuntimeException | GeneralSecurityException e) {
            complain(name, e);
            return false;
        }
    }

    private void complain(String name, Exception e) {
        String complaint = String.valueOf(e.getMessage());
        if (!complaint.equals(complaints.put(name, complaint))) {
            LOGGER.warn("SSL bundle '" + name + "' stays as it is: " + complaint);
        }
    }

    private static boolean isInHsm(SslBundle bundle) {
        return HsmSslBundleRegistry.isInHsm(bundle.getStores().getKeyStore())
            || HsmSslBundleRegistry.isInHsm(bundle.getStores().getTrustStore());
    }

    /** Stands for all certificates that a bundle has from the HSM. */
    private static String certificates(SslBundle bundle) throws GeneralSecurityException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        KeyStore keys = bundle.getStores().getKeyStore();
        if (HsmSslBundleRegistry.isInHsm(keys)) {
            String alias = bundle.getKey().getAlias();
            List<String> aliases = alias != null ? List.of(alias) : Collections.list(keys.aliases());
            boolean found = false;
            for (String one : aliases) {
                Certificate[] chain = keys.getCertificateChain(one);
                found |= chain != null && chain.length > 0;
                add(digest, chain);
            }
            if (!found) {
                throw new GeneralSecurityException("the HSM has no key with a certificate"
                    + (alias != null ? " under the alias '" + alias + "'" : ""));
            }
        }
        KeyStore trusted = bundle.getStores().getTrustStore();
        if (HsmSslBundleRegistry.isInHsm(trusted)) {
            for (String alias : Collections.list(trusted.aliases())) {
                add(digest, trusted.getCertificate(alias));
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void add(MessageDigest digest, Certificate... chain) throws GeneralSecurityException {
        if (chain != null) {
            for (Certificate certificate : chain) {
                if (certificate != null) {
                    digest.update(certificate.getEncoded());
                }
            }
        }
    }

    /** Starts asking, unless the interval is zero or there is no bundle. */
    @Override
    public void start() {
        if (interval.toMillis() <= 0 || names().isEmpty()) {
            return;
        }
        synchronized (lifecycle) {
            if (thread == null) {
                thread = new ScheduledThreadPoolExecutor(1, task -> {
                    Thread made = new Thread(task, "ferrohsm-certificates");
                    made.setDaemon(true);
                    return made;
                });
                thread.scheduleWithFixedDelay(this::check, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
            }
        }
    }

    /** Ends asking. */
    @Override
    public void stop() {
        synchronized (lifecycle) {
            if (thread != null) {
                thread.shutdownNow();
                thread = null;
            }
        }
    }

    @Override
    public boolean isRunning() {
        synchronized (lifecycle) {
            return thread != null;
        }
    }
}
