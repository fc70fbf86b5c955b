package dev.atlas.net.identity;

import java.util.List;
import java.util.Optional;

/**
 * The replicas and followers that exist now. Applications may supply their own; membership changes update it. Thread-safe; every
 * answer is a snapshot.
 */
public interface NetworkInformation {

    Optional<NodeInfo> node(ReplicaId id);

    /** All known nodes in ascending order of id. */
    List<NodeInfo> nodes();
}
