/**
 * Where command line and machine meet: how a machine is started and runs, how its devices' programs
 * are, what is said meanwhile, and how all of it ends. Each finds the other here and as a service;
 * neither knows the other's parts.
 */
@NullMarked
package org.smmulator.launch;

import org.jspecify.annotations.NullMarked;
