package dev.atlas.net.stub;

/** Both directions of one module. */
public record ModuleStubs(OutgoingStub outgoing, IncomingStub incoming) {

    static ModuleStubs of(NetworkNode node, ModuleId module) {
        return new ModuleStubs(node.outgoing(module), node.incoming(module));
    }
}
