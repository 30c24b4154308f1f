package org.ferrohsm.benchmarks;

import java.security.AuthProvider;
import java.security.Provider;
import java.security.Security;
import java.util.List;
import java.util.stream.Stream;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.login.LoginException;

/** Opens the providers that are compared. What cannot be opened stays in the list, with the reason. */
final class Contenders {
    static final List<String> IDS = List.of("ferrohsm", "softhsm2", "bouncycastle", "jdk", "accp");

    private Contenders() {}

    /** Opens the named ones, in the given order. */
    static List<Contender> open(List<String> ids) {
        return ids.stream().map(Contenders::open).toList();
    }

    private static Contender open(String id) {
        return switch (id) {
            case "ferrohsm" -> ferroHsm();
            case "softhsm2" -> softHsm();
            case "bouncycastle" -> byClass(id, "Bouncy Castle", "org.bouncycastle.jce.provider.BouncyCastleProvider", false);
            case "accp" -> byClass(id, "ACCP", "com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider", false);
            case "jdk" -> jdk();
            default -> throw new IllegalArgumentException(id);
        };
    }

    private static Contender ferroHsm() {
        if (System.getProperty("ferrohsm.config") == null) {
            return missing("ferrohsm", "FerroHSM", "no server: -Dferrohsm.config is not set (run scripts/bench)");
        }
        return byClass("ferrohsm", "FerroHSM", "org.ferrohsm.provider.FerroHsmProvider", true);
    }

    // By name, so that the program compiles and runs without the jars that are not there.
    private static Contender byClass(String id, String title, String className, boolean isToken) {
        try {
            Provider provider = (Provider) Class.forName(className).getConstructor().newInstance();
            if (provider.getServices().isEmpty()) {
                return missing(id, title, "offers nothing: its native library did not load");
            }
            return new Contender(id, title, List.of(provider), null, isToken);
        } catch (ClassNotFoundException e) {
            return missing(id, title, className + " is not on the class path");
        } catch (ReflectiveOperationException | LinkageError e) {
            return missing(id, title, Failures.text(e));
        }
    }

    private static Contender jdk() {
        List<Provider> providers = Stream.of("SunEC", "SunRsaSign", "SunJCE").map(Security::getProvider).toList();
        return new Contender("jdk", "JDK", providers, null, false);
    }

    private static Contender softHsm() {
        String config = System.getProperty("bench.pkcs11.config");
        String pin = System.getProperty("bench.pkcs11.pin");
        if (config == null || pin == null) {
            return missing("softhsm2", "SoftHSM2", "no token: -Dbench.pkcs11.config is not set (run scripts/bench)");
        }
        try {
            Provider provider = Security.getProvider("SunPKCS11").configure(config);
            ((AuthProvider) provider).login(null, callbacks -> answer(callbacks, pin));
            return new Contender("softhsm2", "SoftHSM2", List.of(provider), null, true);
        } catch (LoginException | RuntimeException e) {
            return missing("softhsm2", "SoftHSM2", Failures.text(e));
        }
    }

    private static void answer(Callback[] callbacks, String pin) {
        for (Callback callback : callbacks) {
            if (callback instanceof PasswordCallback password) {
                password.setPassword(pin.toCharArray());
            }
        }
    }

    private static Contender missing(String id, String title, String reason) {
        return new Contender(id, title, List.of(), reason, false);
    }
}
