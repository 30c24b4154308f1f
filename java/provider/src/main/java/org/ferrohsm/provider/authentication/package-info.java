/** The callback that CloudHSM's {@code com.amazonaws.cloudhsm.jce.provider.authentication} has for logins. */
package org.ferrohsm.provider.authentication;
