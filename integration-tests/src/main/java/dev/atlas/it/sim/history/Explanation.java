package dev.atlas.it.sim.history;

import java.time.Duration;
import java.util.List;

/**
 * Why a history is none of a sequential object: the first answer that cannot be explained together with the ones before it. Everything that was answered later
 * is left out.
 *
 * @param explained what may have happened until then
 * @param others operations that may take effect at that time
 */
record Explanation<S, I, O>(
        SequentialModel<S, I, O> model,
        String partition,
        Call<I, O> answered,
        List<Configuration<S>> explained,
        List<Call<I, O>> others) {

    private static final int MOST = 8;

    String text() {
        StringBuilder text =
                new StringBuilder("not linearizable in " + partition + ": no order explains\n  " + line(answered));
        text.append("\nand all answers before it. Until then the state may have been");
        list(
                text,
                explained.stream()
                        .map(Configuration::state)
                        .distinct()
                        .map(model::describe)
                        .toList());
        text.append("\nfor instance after");
        list(text, explained.getFirst().latest(MOST).stream().map(this::line).toList());
        text.append("\nwhile these were going on");
        list(text, others.stream().map(this::line).toList());
        return text.toString();
    }

    /** A configuration knows nothing of the types of its operations, which are those of this history. */
    @SuppressWarnings("unchecked")
    private String line(Call<?, ?> any) {
        Call<I, O> call = (Call<I, O>) any;
        String called = "#" + call.id() + " of " + call.client() + ": " + model.describeInput(call.input());
        String at = "called at " + Duration.ofNanos(call.calledNanos());
        return switch (call.fate()) {
            case Call.Fate.Open<O> ignored -> called + ", outcome unknown (" + at + ")";
            case Call.Fate.Answered<O> told ->
                called + " = " + model.describeOutput(told.output()) + " (" + at + ", answered at "
                        + Duration.ofNanos(told.nanos()) + ")";
            case Call.Fate.Refused<O> ignored -> called + ", refused (" + at + ")";
        };
    }

    private static void list(StringBuilder text, List<String> items) {
        if (items.isEmpty()) {
            text.append("\n  nothing");
        }
        items.stream().limit(MOST).forEach(item -> text.append("\n  ").append(item));
        if (items.size() > MOST) {
            text.append("\n  and ").append(items.size() - MOST).append(" more");
        }
    }
}
