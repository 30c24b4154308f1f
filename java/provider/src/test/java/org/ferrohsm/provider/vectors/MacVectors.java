package org.ferrohsm.provider.vectors;

import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.spec.InvalidKeySpecException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import org.ferrohsm.provider.VectorKeys;

/** HMAC and CMAC; tags that are cut off are compared with the start of ours. */
final class MacVectors {
    private final Provider provider;
    private final Tally tally;

    MacVectors(Provider provider, Tally tally) {
        this.provider = provider;
        this.tally = tally;
    }

    void mac(VectorFile file) throws GeneralSecurityException {
        String name = file.algorithm();
        if (!tally.has("Mac", name)) {
            return;
        }
        for (VectorFile.Group group : file.groups()) {
            for (VectorFile.Vector vector : group.vectors()) {
                byte[] bytes = vector.bytes("key");
                if (bytes.length == 0 && !vector.isValid()) {
                    tally.judge("Mac", name, file, vector, false); // JCA cannot even say it
                    continue;
                }
                SecretKey key;
                try {
                    key = VectorKeys.secret(provider, name.contains("CMAC") ? "AES" : "GenericSecret", bytes);
                } catch (InvalidKeySpecException e) {
                    if (vector.isValid()) {
                        throw e;
                    }
                    tally.judge("Mac", name, file, vector, false);
                    continue;
                }
                Mac mac = Mac.getInstance(name, provider);
                mac.init(key);
                byte[] tag = Arrays.copyOf(mac.doFinal(vector.bytes("msg")), group.number("tagSize") / 8);
                tally.judge("Mac", name, file, vector, Arrays.equals(vector.bytes("tag"), tag));
                VectorKeys.destroy(key);
            }
        }
    }
}
