package dev.atlas.it.sim.history;

/** Histories that some order explains. */
enum Good {
    NOTHING_AT_ALL("""

            """),
    ONE_AFTER_THE_OTHER("""
            a put x 1
            a = -
            b get x
            b = 1
            a delete x
            a = 1
            b get x
            b = -
            """),
    A_CONCURRENT_READ_SEES_THE_OLD_VALUE("""
            a put x 1
            b get x
            b = -
            a = -
            """),
    A_CONCURRENT_READ_SEES_THE_NEW_VALUE("""
            a put x 1
            b get x
            b = 1
            a = -
            """),
    TWO_CONCURRENT_READS_SEE_OLD_AND_NEW("""
            a put x 1
            b get x
            c get x
            c = 1
            b = -
            a = -
            """),
    A_LOST_WRITE_NEVER_TAKES_EFFECT("""
            a put x 1
            a lost
            b get x
            b = -
            b get x
            b = -
            """),
    A_LOST_WRITE_TAKES_EFFECT_LATE("""
            a put x 1
            a lost
            b get x
            b = -
            b put x 2
            b = -
            c get x
            c = 2
            c get x
            c = 1
            """),
    TWO_LOST_WRITES_OVERWRITE_EACH_OTHER_UNSEEN("""
            a put x 1
            a lost
            b put x 2
            b lost
            c put x 3
            c = 2
            c get x
            c = 1
            """),
    EQUAL_LOST_WRITES_TAKE_EFFECT_ONCE_EACH("""
            a put x 1
            a lost
            a put x 1
            a lost
            b put x 2
            b = 1
            b put x 3
            b = 1
            """),
    SWAPS_FORM_A_CHAIN("""
            a cas x - 1
            b cas x 1 2
            c cas x 2 3
            c = true
            b = true
            a = true
            a get x
            a = 3
            """),
    A_LOST_SWAP_EXPLAINS_A_LATER_ONE("""
            a put x 1
            a = -
            b cas x 1 2
            b lost
            c cas x 2 3
            c = true
            """),
    A_BYZANTINE_CLIENT_MAY_HAVE_DELETED("""
            m maybe delete x
            a put x 1
            a = -
            a get x
            a = -
            a put x 2
            a = -
            """),
    A_REFUSED_WRITE_IS_NOT_SEEN("""
            a put x 1
            a refused
            b get x
            b = -
            """),
    KEYS_DO_NOT_CARE_ABOUT_EACH_OTHER("""
            a put x 1
            b get y
            b = -
            a = -
            b put y 2
            b = -
            a get x
            a = 1
            """),
    STILL_RUNNING_AT_THE_END("""
            a put x 1
            b get x
            b = 1
            c delete x
            d get x
            d = -
            """);

    final String script;

    Good(String script) {
        this.script = script;
    }
}
