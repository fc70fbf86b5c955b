/**
 * Kills the processes of a cluster under load, one, some or all at a time, and has what its clients saw checked for linearizability. The processes and disks
 * are real; a disk that loses what was not synced is the simulator's part.
 */
@NullMarked
package dev.atlas.it.kill;

import org.jspecify.annotations.NullMarked;
