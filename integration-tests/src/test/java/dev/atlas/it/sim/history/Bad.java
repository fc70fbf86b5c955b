package dev.atlas.it.sim.history;

/** Histories that no order explains; all of them go wrong in x. */
enum Bad {
    STALE_READ("""
            a put x 1
            a = -
            a put x 2
            a = 1
            b get x
            b = 1
            """),
    READ_OF_WHAT_NOBODY_WROTE("""
            a put x 1
            a = -
            b get x
            b = 9
            """),
    READ_BEFORE_THE_WRITE_IS_CALLED("""
            b get x
            b = 1
            a put x 1
            a = -
            """),
    LOST_WRITE_SEEN_BEFORE_IT_IS_CALLED("""
            b get x
            b = 1
            a put x 1
            a lost
            """),
    ACKNOWLEDGED_WRITE_LOST("""
            a put x 1
            a = -
            b get x
            b = -
            """),
    ONE_OF_TWO_CONCURRENT_WRITES_LOST("""
            a put x 1
            b put x 2
            a = -
            b = -
            """),
    WRITES_THAT_FOLLOW_EACH_OTHER_BOTH_FIND_NOTHING("""
            a put x 1
            a = -
            b put x 2
            b = -
            """),
    WRITES_THAT_EACH_FOLLOW_THE_OTHER("""
            a put x 1
            b put x 2
            a = 2
            b = 1
            """),
    OVERWRITTEN_VALUE_FOUND_TWICE("""
            a put x 1
            a = -
            b put x 2
            b = 1
            c put x 3
            c = 1
            """),
    READS_GO_BACK_WITHIN_A_CLIENT("""
            a put x 1
            a = -
            b put x 2
            c get x
            c = 2
            c get x
            c = 1
            b = 1
            """),
    READS_GO_BACK_BETWEEN_CLIENTS("""
            a put x 1
            a = -
            b put x 2
            c get x
            c = 2
            d get x
            d = 1
            b = 1
            """),
    READS_GO_BACK_TO_NOTHING("""
            b put x 2
            c get x
            c = 2
            d get x
            d = -
            b = -
            """),
    TWO_OBSERVERS_SEE_OPPOSITE_ORDERS("""
            a put x 1
            a lost
            b put x 2
            b lost
            c get x
            d get x
            c = 1
            d = 2
            c get x
            d get x
            c = 2
            d = 1
            """),
    LOST_UPDATE_OF_TWO_COUNTERS("""
            a put x 1
            a = -
            b cas x 1 2
            c cas x 1 3
            b = true
            c = true
            """),
    TWO_CREATORS("""
            a cas x - 1
            b cas x - 2
            a = true
            b = true
            """),
    CREATED_OVER_A_VALUE("""
            a put x 1
            a = -
            b cas x - 2
            b = true
            """),
    SWAP_THAT_HAD_TO_SUCCEED_FAILS("""
            a put x 1
            a = -
            b cas x 1 2
            b = false
            """),
    SWAP_THAT_HAD_TO_FAIL_SUCCEEDS("""
            a put x 1
            a = -
            b cas x 3 2
            b = true
            """),
    FAILED_SWAP_TAKES_EFFECT("""
            a put x 1
            a = -
            b cas x 3 2
            b = false
            c get x
            c = 2
            """),
    DELETED_VALUE_COMES_BACK("""
            a put x 1
            a = -
            a delete x
            a = 1
            b get x
            b = 1
            """),
    DELETED_TWICE("""
            a put x 1
            a = -
            b delete x
            c delete x
            b = 1
            c = 1
            """),
    DELETE_WITHOUT_EFFECT("""
            a put x 1
            a = -
            a delete x
            a = 1
            b put x 2
            b = 1
            """),
    DELETE_FINDS_WHAT_NOBODY_WROTE("""
            a delete x
            a = 1
            """),
    RETRIED_WRITE_TAKES_EFFECT_TWICE("""
            a put x 1
            a lost
            b get x
            b = 1
            b put x 2
            b = 1
            c get x
            c = 1
            """),
    RETRIED_DELETE_TAKES_EFFECT_TWICE("""
            a put x 1
            a = -
            b delete x
            b lost
            c put x 2
            c = -
            c get x
            c = -
            """),
    RETRIED_SWAP_TAKES_EFFECT_TWICE("""
            a put x 1
            a = -
            b cas x 1 2
            b lost
            c put x 1
            c = 2
            c get x
            c = 2
            """),
    RETRIED_WRITE_ANSWERED_ONCE_SEEN_TWICE("""
            a put x 1
            a = -
            b put x 2
            b = 1
            c put x 3
            c = 1
            """),
    REFUSED_WRITE_SEEN("""
            a put x 1
            a refused
            b get x
            b = 1
            """),
    WRITE_OF_A_BYZANTINE_CLIENT_SEEN_TWICE("""
            m maybe put x 1
            b put x 2
            b = 1
            c get x
            c = 1
            """),
    ONLY_ONE_KEY_IS_WRONG("""
            a put y 1
            a = -
            a put x 1
            a = -
            b get y
            b = 1
            b get x
            b = -
            a get y
            a = 1
            """),
    OWN_WRITE_NOT_SEEN("""
            a put x 1
            b put x 2
            b = -
            a = 2
            a get x
            a = 2
            """),
    READ_OVERTAKES_A_READ_THAT_RETURNED("""
            a put x 1
            b get x
            b = 1
            c get x
            c = -
            a = -
            """),
    OPEN_WRITES_CANNOT_EXPLAIN_A_THIRD_VALUE("""
            a put x 1
            a lost
            b put x 2
            b lost
            c get x
            c = 1
            c get x
            c = 2
            c get x
            c = 1
            """);

    final String script;

    Bad(String script) {
        this.script = script;
    }
}
