/** What configurations of all modules share. */
@NullMarked
package dev.atlas.net.config;

import org.jspecify.annotations.NullMarked;
