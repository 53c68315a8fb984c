/** The live page in a real browser, of machines that really run. */
package org.smmulator.browser;
