package dev.atlas.core.ordering;

/** Why a replica left its view, and asks for a later one. */
public enum ViewChangeCause {
    /** A request was not answered, or a proposal not decided, in time; or the primary says that it may not vote. */
    PRIMARY_TIMED_OUT,

    /** The view that was asked for did not open in time. */
    NEW_VIEW_TIMED_OUT,

    /** The VIEW-CHANGEs that its primary named do not justify the view that was asked for. */
    INVALID_NEW_VIEW,

    /** f + 1 others had asked for a later view. */
    OTHERS_ASKED,

    /** A former learner, this replica or another, votes in later views only. */
    FORMER_LEARNER,

    /** It was left before a restart, or not opened to the end. */
    RESTARTED
}
