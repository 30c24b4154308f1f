package example;

import com.amazonaws.cloudhsm.jce.jni.exception.AccountAlreadyLoggedInException;
import com.amazonaws.cloudhsm.jce.jni.exception.AccountLockedException;
import com.amazonaws.cloudhsm.jce.jni.exception.AddAttributeException;
import com.amazonaws.cloudhsm.jce.jni.exception.AuthenticationException;
import com.amazonaws.cloudhsm.jce.jni.exception.AuthenticationExceptionCause;
import com.amazonaws.cloudhsm.jce.jni.exception.FailedLoginException;
import com.amazonaws.cloudhsm.jce.jni.exception.ProviderInitializationException;
import com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider;
import com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap;
import java.io.IOException;
import java.security.AuthProvider;
import java.security.GeneralSecurityException;
import java.security.Security;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.login.LoginException;

/** Installs the provider and logs in. */
final class Login {
    private Login() {
    }

    static AuthProvider installed() throws IOException, ProviderInitializationException, LoginException {
        AuthProvider provider = (AuthProvider) Security.getProvider(CloudHsmProvider.PROVIDER_NAME);
        if (provider == null) {
            provider = new CloudHsmProvider();
            Security.addProvider(provider);
        }
        return provider;
    }

    /** What became of the login. */
    static String login(AuthProvider provider, String user, String password) {
        CallbackHandler handler = callbacks -> {
            for (Callback callback : callbacks) {
                if (callback instanceof PasswordCallback) {
                    ((PasswordCallback) callback).setPassword((user + ":" + password).toCharArray());
                }
            }
        };
        try {
            provider.login(null, handler);
            return "logged in";
        } catch (AccountAlreadyLoggedInException e) {
            return "already logged in";
        } catch (AccountLockedException e) {
            return "locked";
        } catch (FailedLoginException e) {
            return "failed";
        } catch (LoginException e) {
            return "other: " + e.getMessage();
        }
    }

    /** Whether an operation finds that nobody is logged in. */
    static boolean isUnauthenticated() throws GeneralSecurityException, AddAttributeException {
        try {
            Keys.aes("unauthenticated", 256, new KeyAttributesMap());
            return false;
        } catch (AuthenticationException e) {
            return e.getCloudHsmExceptionCause() == AuthenticationExceptionCause.UNAUTHENTICATED;
        }
    }
}
