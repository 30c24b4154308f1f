package org.ferrohsm.provider;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.StringJoiner;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.attributes.KeyReferenceSpec;
import org.ferrohsm.provider.attributes.ObjectClassType;

/** Looks keys up by attributes or handle: token keys and the session keys of this login. */
final class KeySearch {
    /** So many keys are named in a message. */
    private static final int LISTED = 16;

    private final HsmClient client;

    KeySearch(HsmClient client) {
        this.client = client;
    }

    /** A key that was found, and which half of a pair is meant. */
    private record Match(KeyInfo info, ObjectClassType part) {
        private long handle() {
            return part == ObjectClassType.PUBLIC_KEY ? info.handle() + 1 : info.handle();
        }

        private Key key(HsmClient client) throws GeneralSecurityException {
            return part == ObjectClassType.PUBLIC_KEY ? Keys.hsmPublicKey(client, info)
                : Keys.key(client, info);
        }
    }

    /**
     * The one key that matches, or null.
     *
     * @throws InvalidKeySpecException if several match; the message lists them
     */
    Key one(KeySpec spec) throws GeneralSecurityException {
        // A pair often shares its label. Whoever names no class means the key that has to be looked up, and public keys are
        // slow to find.
        List<Match> matches = matches(spec, true);
        if (matches.size() > 1) {
            StringJoiner found = new StringJoiner("; ");
            for (Match match : matches.subList(0, Math.min(matches.size(), LISTED))) {
                found.add("0x" + Long.toHexString(match.handle()) + ' ' + KeyAttributes.publicType(match.info().keyType())
                    + ' ' + match.part());
            }
            throw new InvalidKeySpecException(matches.size() + " keys match " + spec + ": " + found
                + (matches.size() > LISTED ? "; and more" : "") + ". Ask for one by its handle (KeyReferenceSpec), or name more attributes");
        }
        return matches.isEmpty() ? null : matches.get(0).key(client);
    }

    /** All keys that match, in the order of their handles. */
    List<Key> all(KeySpec spec) throws GeneralSecurityException {
        List<Key> keys = new ArrayList<>();
        for (Match match : matches(spec, false)) {
            keys.add(match.key(client));
        }
        return keys;
    }

    private List<Match> matches(KeySpec spec, boolean publicOnlyIfNoOther) throws GeneralSecurityException {
        if (spec instanceof KeyReferenceSpec reference) {
            return byHandle(reference.getKeyReference());
        }
        if (!(spec instanceof KeyAttributesMap wanted)) {
            throw new InvalidKeySpecException("Keys are looked up by a KeyAttributesMap or a KeyReferenceSpec"
                + (spec == null ? "" : ", not by a " + spec.getClass().getName()));
        }
        for (KeyAttribute attribute : wanted.keySet()) {
            if (attribute.isSecret()) {
                throw new InvalidKeySpecException("Keys are not looked up by their secret: leave out " + attribute);
            }
        }
        List<Match> matches = new ArrayList<>();
        KeyType type = type(wanted);
        Object objectClass = wanted.get(KeyAttribute.OBJECT_CLASS);
        if (objectClass != ObjectClassType.PUBLIC_KEY) {
            add(matches, wanted, type, storedAttributes(wanted), false);
        }
        boolean wantsPublic = objectClass == null && (matches.isEmpty() || !publicOnlyIfNoOther);
        if (wantsPublic || objectClass == ObjectClassType.PUBLIC_KEY) {
            // The HSM compares with private and secret keys only, so these are compared here.
            add(matches, wanted, type, new Template(), true);
        }
        return matches;
    }

    private static KeyType type(KeyAttributesMap wanted) throws InvalidKeySpecException {
        Object type = wanted.get(KeyAttribute.KEY_TYPE);
        if (type == null) {
            return null;
        }
        for (KeyType known : KeyType.values()) {
            if (known != KeyType.CERTIFICATE && KeyAttributes.publicType(known) == type) {
                return known;
            }
        }
        throw new InvalidKeySpecException("The HSM has no keys of type " + type);
    }

    private static Template storedAttributes(KeyAttributesMap wanted) {
        Template template = new Template();
        for (KeyAttribute attribute : wanted.keySet()) {
            // Lists of mechanisms are compared here: their order says nothing.
            if (attribute.attributeName() != null && attribute != KeyAttribute.ALLOWED_MECHANISMS) {
                template.value(attribute.attributeName(), wanted.get(attribute));
            }
        }
        return template;
    }

    private void add(List<Match> matches, KeyAttributesMap wanted, KeyType type, Template template, boolean ofPublic)
        throws GeneralSecurityException {
        client.findKeys(template, type, info -> {
            if (info.keyType() == KeyType.CERTIFICATE || ofPublic && !info.keyType().isPair()) {
                return;
            }
            ObjectClassType part = ofPublic ? ObjectClassType.PUBLIC_KEY : KeyAttributes.partOf(info.keyType());
            if (fits(wanted, KeyAttributes.of(info, part))) {
                matches.add(new Match(info, part));
            }
        });
    }

    private static boolean fits(KeyAttributesMap wanted, KeyAttributesMap actual) {
        for (KeyAttribute attribute : wanted.keySet()) {
            Object want = wanted.get(attribute);
            Object is = actual.get(attribute);
            boolean same = switch (attribute) {
                case EC_PARAMS -> is != null && EcAttributes.curve(want) == EcAttributes.curve(is);
                case EC_POINT -> is != null && EcAttributes.samePoint(want, is, actual);
                case MODULUS, PUBLIC_EXPONENT -> is != null && new BigInteger(1, (byte[]) want)
                    .equals(new BigInteger(1, (byte[]) is));
                case ALLOWED_MECHANISMS -> is != null
                    && Set.copyOf((List<?>) want).equals(Set.copyOf((List<?>) is));
                // A flag that the HSM does not list is false.
                default -> want instanceof Boolean flag ? flag.equals(Objects.requireNonNullElse(is, false))
                    : Objects.deepEquals(want, is);
            };
            if (!same) {
                return false;
            }
        }
        return true;
    }

    private List<Match> byHandle(long handle) throws GeneralSecurityException {
        KeyInfo info = client.findKey(handle);
        if (info == null || info.keyType() == null || info.keyType() == KeyType.CERTIFICATE) {
            return List.of();
        }
        return List.of(new Match(info,
            handle == info.handle() ? KeyAttributes.partOf(info.keyType()) : ObjectClassType.PUBLIC_KEY));
    }
}
