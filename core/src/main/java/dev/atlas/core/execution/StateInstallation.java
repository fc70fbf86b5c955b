package dev.atlas.core.execution;

/** How the installation of a state ended. */
public sealed interface StateInstallation {

    /** Execution goes on with the batch after the descriptor's sequence number. */
    record Installed(StateDescriptor descriptor) implements StateInstallation {}

    /** The executor's state is what it was. */
    record Refused(String reason) implements StateInstallation {}
}
