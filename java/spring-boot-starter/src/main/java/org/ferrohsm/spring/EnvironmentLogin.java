package org.ferrohsm.spring;

import java.io.IOException;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import org.springframework.core.env.Environment;

/** Answers with {@code ferrohsm.user} and {@code ferrohsm.password} as the environment has them at that time. Thread-safe. */
final class EnvironmentLogin implements CallbackHandler {
    private final Environment environment;

    EnvironmentLogin(Environment environment) {
        this.environment = environment;
    }

    @Override
    public void handle(Callback[] callbacks) throws IOException, UnsupportedCallbackException {
        FerroHsmProperties properties = FerroHsmRegistration.properties(environment);
        if (properties.user() == null || properties.password() == null) {
            throw new IOException("ferrohsm.user and ferrohsm.password belong together: set both or none");
        }
        for (Callback callback : callbacks) {
            if (callback instanceof NameCallback name) {
                name.setName(properties.user());
            } else if (callback instanceof PasswordCallback password) {
                password.setPassword(properties.password().toCharArray());
            } else {
                throw new UnsupportedCallbackException(callback);
            }
        }
    }
}
