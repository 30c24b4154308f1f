package org.ferrohsm.spring;

import java.net.Socket;
import java.security.InvalidAlgorithmParameterException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.KeyManagerFactorySpi;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;

/** A factory whose key managers show the certificate of one alias as clients, or none if the server does not accept it. */
final class AliasKeyManagerFactory extends KeyManagerFactory {
    AliasKeyManagerFactory(KeyManagerFactory initialized, String alias) {
        super(new Spi(initialized, alias), initialized.getProvider(), initialized.getAlgorithm());
    }

    private static final class Spi extends KeyManagerFactorySpi {
        private final KeyManagerFactory factory;
        private final String alias;

        Spi(KeyManagerFactory factory, String alias) {
            this.factory = factory;
            this.alias = alias;
        }

        @Override
        protected void engineInit(KeyStore store, char[] password) {
            throw new IllegalStateException("This factory has its keys from an SSL bundle already");
        }

        @Override
        protected void engineInit(ManagerFactoryParameters parameters) throws InvalidAlgorithmParameterException {
            throw new InvalidAlgorithmParameterException("This factory has its keys from an SSL bundle already");
        }

        @Override
        protected KeyManager[] engineGetKeyManagers() {
            return Arrays.stream(factory.getKeyManagers())
                .map(manager -> manager instanceof X509ExtendedKeyManager keys ? new Manager(keys, alias) : manager)
                .toArray(KeyManager[]::new);
        }
    }

    private static final class Manager extends X509ExtendedKeyManager {
        /** What PKIX puts before a KeyStore's alias: a counter and the number of the KeyStore. */
        private static final Pattern PKIX = Pattern.compile("^\\d+\\.\\d+\\.");
        private final X509ExtendedKeyManager keys;
        private final String alias;

        Manager(X509ExtendedKeyManager keys, String alias) {
            this.keys = keys;
            this.alias = alias;
        }

        private String ifAccepted(String[] keyTypes, Principal[] issuers) {
            for (String keyType : keyTypes) {
                String accepted = among(keys.getClientAliases(keyType, issuers));
                if (accepted != null) {
                    return accepted;
                }
            }
            return null;
        }

        /** As the wrapped manager calls the alias, or null if it is none of these. */
        private String among(String[] aliases) {
            List<String> all = aliases == null ? List.of() : List.of(aliases);
            return all.contains(alias) ? alias
                : all.stream().filter(each -> PKIX.matcher(each).replaceFirst("").equals(alias)).findFirst().orElse(null);
        }

        @Override
        public String chooseEngineClientAlias(String[] keyTypes, Principal[] issuers, SSLEngine engine) {
            return ifAccepted(keyTypes, issuers);
        }

        @Override
        public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
            return ifAccepted(keyTypes, issuers);
        }

        @Override
        public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
            String chosen = keys.chooseEngineServerAlias(keyType, issuers, engine);
            // Boot's manager gives the KeyStore's alias, which PKIX does not know.
            return alias.equals(chosen) && keys.getPrivateKey(chosen) == null ? among(keys.getServerAliases(keyType, issuers))
                : chosen;
        }

        @Override
        public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
            return keys.chooseServerAlias(keyType, issuers, socket);
        }

        @Override
        public X509Certificate[] getCertificateChain(String of) {
            return keys.getCertificateChain(of);
        }

        @Override
        public PrivateKey getPrivateKey(String of) {
            return keys.getPrivateKey(of);
        }

        @Override
        public String[] getClientAliases(String keyType, Principal[] issuers) {
            return keys.getClientAliases(keyType, issuers);
        }

        @Override
        public String[] getServerAliases(String keyType, Principal[] issuers) {
            return keys.getServerAliases(keyType, issuers);
        }
    }
}
