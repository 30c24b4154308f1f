/**
 * FerroHSM for Spring Boot 3 and 4. An application has nothing to call: with the starter on the class path and
 * {@code ferrohsm.config} set, the provider is installed before Spring Boot reads its first KeyStore.
 *
 * <p>{@link org.ferrohsm.spring.FerroHsmProperties} lists the properties.
 */
package org.ferrohsm.spring;
