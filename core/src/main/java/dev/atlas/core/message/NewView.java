package dev.atlas.core.message;

import dev.atlas.core.crypto.Signable;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.util.List;

/**
 * The new primary opens its view (TOCS'02, section 4.4).
 *
 * @param viewChanges the VIEW-CHANGEs it rests on, one per sender, ascending by sender
 * @param stable highest certified checkpoint among them
 * @param choices digests for stable + 1, stable + 2, …; the null batch's where B chose
 */
public record NewView(long epoch, long view, List<Reference> viewChanges, long stable, List<Digest> choices)
        implements Signable {

    public NewView {
        viewChanges = List.copyOf(viewChanges);
        choices = List.copyOf(choices);
    }

    /** A VIEW-CHANGE by {@link dev.atlas.core.crypto.Signed#hash}. */
    public record Reference(ReplicaId sender, Digest hash) {}
}
