package org.ferrohsm.benchmarks;

import java.security.GeneralSecurityException;

/** An operation made ready in one provider: keys exist, threads may come. */
interface Workload {

    /** A worker for one thread, with its own JCA object, as an application's pool would hold it. */
    Worker newWorker() throws GeneralSecurityException;

    /** One thread's share. Used by one thread at a time. */
    interface Worker {

        /** The operation that is timed, once. */
        void perform() throws GeneralSecurityException;

        /**
         * Checks the last result with the JDK's own providers.
         *
         * @throws WrongResultException if it is not what it claims to be
         */
        void verify() throws GeneralSecurityException;
    }

    /** A provider answered, and the answer is wrong. */
    final class WrongResultException extends GeneralSecurityException {
        private static final long serialVersionUID = 1L;

        WrongResultException(String message) {
            super(message);
        }
    }
}
