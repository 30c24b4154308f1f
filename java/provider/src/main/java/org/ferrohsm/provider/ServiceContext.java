package org.ferrohsm.provider;

/**
 * What an engine knows about the service that it was made for.
 *
 * @param provider where its client comes from
 * @param algorithm the service's standard name
 * @param keyWasUnknown the JDK made the engine before it knew the key, so that keys of other providers have to be handed
 *     on to the JDK instead of being refused
 */
record ServiceContext(FerroHsmProvider provider, Tables.Mechanism mechanism, String algorithm,
    boolean keyWasUnknown) {

    HsmClient client() {
        return provider.client();
    }

    KeyType keyType() {
        return mechanism.keyType();
    }
}
