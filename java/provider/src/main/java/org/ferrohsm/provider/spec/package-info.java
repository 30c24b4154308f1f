/** How keys are derived inside the HSM. */
package org.ferrohsm.provider.spec;
