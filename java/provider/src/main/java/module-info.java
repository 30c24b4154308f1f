/** The FerroHSM JCE provider: keys that are used through the JCA and never leave the HSM. */
module org.ferrohsm.provider {
    exports org.ferrohsm.provider;
    exports org.ferrohsm.provider.attributes;
    exports org.ferrohsm.provider.authentication;
    exports org.ferrohsm.provider.exception;
    exports org.ferrohsm.provider.spec;

    provides java.security.Provider with org.ferrohsm.provider.FerroHsmProvider;
}
