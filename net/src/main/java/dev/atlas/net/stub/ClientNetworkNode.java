package dev.atlas.net.stub;

/** The network of a client, which takes part in two modules only. */
public record ClientNetworkNode(NetworkNode node) {

    public ModuleStubs application() {
        return ModuleStubs.of(node, ModuleId.APPLICATION);
    }

    public ModuleStubs reconfiguration() {
        return ModuleStubs.of(node, ModuleId.RECONFIGURATION);
    }
}
