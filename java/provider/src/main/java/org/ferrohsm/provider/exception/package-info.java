/**
 * Exceptions of this provider under the names that CloudHSM's {@code com.amazonaws.cloudhsm.jce.jni.exception} has. Each
 * is also the exception that JCA documents for its case, so code that knows only JCA needs none of them.
 */
package org.ferrohsm.provider.exception;
