package org.ferrohsm.provider;

import java.lang.StackWalker.StackFrame;
import java.util.Set;

/**
 * Keeps this provider out of services that the JDK picks without a key to choose by. Such a service of the first
 * provider in the list serves the whole JVM: TLS would make its ephemeral keys in the HSM and fail with it.
 */
final class SelectionGuard {
    /** Engines that answer only when this provider is named. */
    static final Set<String> BY_NAME_ONLY = Set.of("KeyGenerator", "KeyPairGenerator", "KeyFactory", "SecretKeyFactory",
        "SecureRandom", "MessageDigest");

    private static final StackWalker WALKER = StackWalker.getInstance();
    /** The methods of Signature, Cipher, Mac and KeyAgreement, and Signature's for parameters that precede the key. */
    private static final Set<String> CHOOSING_WITHOUT_KEY = Set.of("chooseFirstProvider", "engineSetParameter");
    /** The list calls {@code getService} itself, so a few frames are enough. */
    private static final int LIST_FRAMES = 6;
    /** They call {@code newInstance}, or the engine, through a JDK helper or two. */
    private static final int CHOICE_FRAMES = 10;

    private SelectionGuard() {
    }

    /** Whether the JDK asks while it goes through its list of providers, not because somebody named this one. */
    static boolean listIsAsking() {
        return WALKER.walk(frames -> frames.limit(LIST_FRAMES).anyMatch(SelectionGuard::isProviderList));
    }

    /** Whether an engine is being made before its key is known: the object is then bound to this provider for good. */
    static boolean keyIsUnknown() {
        return WALKER.walk(frames -> frames.limit(CHOICE_FRAMES)
            .anyMatch(SelectionGuard::choosesWithoutKey));
    }

    /** Whether a {@code javax.crypto.KDF} tries providers until one derives, so that a refusal sends it to the next. */
    static boolean providerIsBeingChosen() {
        return WALKER.walk(frames -> frames.limit(CHOICE_FRAMES)
            .anyMatch(frame -> isKdf(frame) && frame.getMethodName().equals("chooseProvider")));
    }

    private static boolean isKdf(StackFrame frame) {
        return frame.getClassName().equals("javax.crypto.KDF");
    }

    /** Only in the JCA's own classes: an application may have methods of these names. */
    private static boolean choosesWithoutKey(StackFrame frame) {
        return CHOOSING_WITHOUT_KEY.contains(frame.getMethodName())
            && (frame.getClassName().startsWith("java.security.") || frame.getClassName().startsWith("javax.crypto."))
            // A KDF knows its keys only when it derives.
            || isKdf(frame) && frame.getMethodName().equals("getNext");
    }

    private static boolean isProviderList(StackFrame frame) {
        return frame.getClassName().startsWith("sun.security.jca.ProviderList");
    }
}
