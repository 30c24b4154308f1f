package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.ProviderException;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.Mac;
import javax.crypto.MacSpi;

/**
 * HMAC or CMAC with a key in the HSM, over data of any length: what fits one call goes in one, more of it in chunks. The
 * length of the MAC is known before any key: JSSE asks for it first, which binds the object to this provider, and its own keys are then handed on to the
 * JDK.
 */
final class HsmMac extends MacSpi {
    private final ServiceContext context;
    private final int macBytes;
    private FerroHsmSecretKey key;
    private Mac software;
    /** An update failed: there is no MAC of the data, until init or reset. */
    private boolean broken;
    private final ChunkBuffer data = new ChunkBuffer();
    /** Null until more data has come than fits one call. */
    private HsmStream stream;

    HsmMac(ServiceContext context, int macBytes) {
        this.context = context;
        this.macBytes = macBytes;
    }

    @Override
    protected int engineGetMacLength() {
        return macBytes;
    }

    @Override
    protected void engineInit(Key newKey, AlgorithmParameterSpec spec)
        throws InvalidKeyException, InvalidAlgorithmParameterException {
        software = null;
        key = null;
        engineReset();
        if (newKey instanceof FerroHsmSecretKey ours && ours.info().keyType() == context.keyType()) {
            if (spec != null) {
                throw new InvalidAlgorithmParameterException(context.algorithm() + " takes no parameters");
            }
            ours.handleFor("sign");
            key = ours;
        } else if (context.keyWasUnknown() && !(newKey instanceof FerroHsmKey)) {
            try {
                Mac mac = Jdk.mac(context.algorithm());
                mac.init(newKey, spec);
                software = mac;
            } catch (InvalidKeyException | InvalidAlgorithmParameterException e) {
                throw e;
            } catch (GeneralSecurityException e) {
                throw new InvalidKeyException(e.getMessage(), e);
            }
        } else {
            throw Keys.foreign(newKey, context.keyType() == KeyType.AES ? "an AES key in the HSM"
                : "a generic secret (HMAC key) in the HSM");
        }
    }

    @Override
    protected void engineUpdate(byte input) {
        engineUpdate(new byte[] {input}, 0, 1);
    }

    @Override
    protected void engineUpdate(byte[] input, int offset, int length) {
        if (software != null) {
            software.update(input, offset, length);
            return;
        }
        requireUsable();
        if (stream == null && length <= Tables.get().maxDataBytes() - data.size()) {
            data.write(input, offset, length);
            return;
        }
        broken = true;
        try {
            if (stream == null) {
                stream = HsmStream.begin(key.client(), key.handleFor("sign"), null, context.mechanism().code(),
                    HsmStream.Use.SIGN, null, 0);
            }
            int chunkBytes = HsmStream.chunkBytes();
            data.cut(input, offset, length, chunkBytes, chunkBytes, 0, stream::update);
            broken = false;
        } catch (GeneralSecurityException e) {
            throw new ProviderException(e.getMessage(), e);
        } finally {
            if (broken) {
                forget();
            }
        }
    }

    /** Drops what has come. */
    private void forget() {
        data.reset();
        if (stream != null) {
            stream.close();
            stream = null;
        }
    }

    private void requireUsable() {
        if (key == null) {
            throw new IllegalStateException("The last init of this " + context.algorithm() + " failed: init again");
        }
        if (broken) {
            throw new IllegalStateException("An update of this " + context.algorithm()
                + " failed, so there is no MAC of the data: reset or init again");
        }
    }

    @Override
    protected byte[] engineDoFinal() {
        if (software != null) {
            return software.doFinal();
        }
        requireUsable();
        byte[] rest = data.take();
        try {
            if (stream != null) {
                return stream.finish(rest);
            }
            return key.client().sign(key.handleFor("sign"), context.mechanism().code(), null, rest);
        } catch (GeneralSecurityException e) {
            throw new ProviderException(e.getMessage(), e);
        } finally {
            forget();
        }
    }

    @Override
    protected void engineReset() {
        if (software != null) {
            software.reset();
        }
        broken = false;
        forget();
    }
}
