package dev.atlas.net.stub;

/** The network of a replica or follower, by module. */
public record ReplicaNetworkNode(NetworkNode node) {

    public ModuleStubs protocol() {
        return ModuleStubs.of(node, ModuleId.PROTOCOL);
    }

    public ModuleStubs application() {
        return ModuleStubs.of(node, ModuleId.APPLICATION);
    }

    public ModuleStubs stateTransfer() {
        return ModuleStubs.of(node, ModuleId.STATE_TRANSFER);
    }

    public ModuleStubs reconfiguration() {
        return ModuleStubs.of(node, ModuleId.RECONFIGURATION);
    }
}
