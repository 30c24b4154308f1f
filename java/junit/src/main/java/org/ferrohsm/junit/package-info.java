/**
 * A throwaway HSM for tests: {@link org.ferrohsm.junit.FerroHsm} on a JUnit Jupiter test class, or
 * {@link org.ferrohsm.junit.FerroHsmServer} with any other test framework.
 *
 * <p>The HSM is a real {@code hsm-server} process on a free loopback port, with a dev cluster of its own. It comes from the
 * artifact {@code org.ferrohsm:ferrohsm-server-linux-x86_64} on the class path, or from {@code PATH}.
 */
package org.ferrohsm.junit;
