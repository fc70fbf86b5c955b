package dev.atlas.it.sim.byzantine;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.Signable;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.wire.ReplicaSigner;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Changes one small thing somewhere in a message: a number by one, a digest for another one seen before, a list by an element (the small-scope mutations
 * of ByzzFuzz, Winter et al., OOPSLA'23). What the faulty replica signs is signed anew with its own key; what others have signed is replaced as a whole by
 * another such message, since nobody can forge.
 */
public final class RecordMutator {

    private static final int MOST_REMEMBERED = 64;
    private static final int MOST_TRIES = 8;

    private final ReplicaId self;
    private final ReplicaSigner signer;
    private final Randomness random;
    private final List<Digest> digests = new ArrayList<>();
    /** Kept here and not for all: simulations that run side by side must share no locks. */
    private final Map<Class<?>, RecordShape> shapes = new HashMap<>();

    public RecordMutator(ReplicaId self, ReplicaSigner signer, Randomness random) {
        this.self = self;
        this.signer = signer;
        this.random = random;
    }

    /** A message that differs somewhere; empty if no change was found that makes a valid record. */
    public <T extends Record> Optional<T> mutate(T message) {
        remember(message);
        for (int attempt = 0; attempt < MOST_TRIES; attempt++) {
            Optional<T> changed = attempt(message);
            if (changed.isPresent()) {
                return changed;
            }
        }
        return Optional.empty();
    }

    private <T extends Record> Optional<T> attempt(T message) {
        try {
            @SuppressWarnings("unchecked") // a changed value has the class of the original
            T changed = (T) change(message);
            return changed.equals(message) ? Optional.empty() : Optional.of(changed);
        } catch (IllegalArgumentException invalid) {
            return Optional.empty(); // the record refuses that value, so it cannot be sent either
        }
    }

    private Object change(Object value) {
        return switch (value) {
            case Signed<?> signed -> change(signed);
            case Batch batch -> change(batch);
            case Digest digest -> change(digest);
            case ReplicaId id -> new ReplicaId(Math.max(0, id.number() + (random.chance(0.5) ? 1 : -1)));
            case Long number -> changedNumber(number);
            case Integer number -> number + (random.chance(0.5) ? 1 : -1);
            case Boolean flag -> !flag;
            case ByteString bytes -> change(bytes);
            case Optional<?> optional -> change(optional);
            case List<?> list -> change(list);
            case Enum<?> constant -> {
                Object[] constants = constant.getDeclaringClass().getEnumConstants();
                yield constants[random.below(constants.length)];
            }
            case Record message -> changeComponent(message);
            default -> value;
        };
    }

    private long changedNumber(long number) {
        return switch (random.below(8)) {
            case 0 -> 0;
            case 1 -> number + random.below(1000);
            case 2 -> Long.MAX_VALUE - random.below(2);
            case 3, 4, 5 -> number + 1;
            default -> Math.max(0, number - 1);
        };
    }

    private Digest change(Digest digest) {
        if (!digests.isEmpty() && random.chance(0.7)) {
            return digests.get(random.below(digests.size()));
        }
        byte[] bytes = digest.toBytes();
        bytes[random.below(bytes.length)] ^= (byte) (1 << random.below(8));
        return Digest.of(bytes);
    }

    private ByteString change(ByteString bytes) {
        if (bytes.isEmpty()) {
            return ByteString.copyFrom(new byte[] {(byte) random.below(256)});
        }
        byte[] changed = bytes.toByteArray();
        changed[random.below(changed.length)] ^= (byte) (1 << random.below(8));
        return random.chance(0.8) ? ByteString.copyFrom(changed) : bytes.substring(0, random.below(bytes.size()));
    }

    private Batch change(Batch batch) {
        List<Digest> bundles = new ArrayList<>(batch.bundles());
        long timestamp = batch.timestampMillis();
        switch (random.below(5)) {
            case 0 -> timestamp = changedNumber(timestamp);
            case 1 -> Collections.reverse(bundles);
            case 2 -> bundles.clear();
            case 3 -> bundles.addAll(batch.bundles());
            default -> {
                if (!digests.isEmpty()) {
                    bundles.add(digests.get(random.below(digests.size())));
                }
            }
        }
        return Batches.of(Math.max(0, timestamp), bundles);
    }

    private Object change(Optional<?> optional) {
        return optional.isEmpty() || random.chance(0.5) ? Optional.empty() : Optional.of(change(optional.get()));
    }

    private Object change(List<?> list) {
        List<Object> changed = new ArrayList<>(list);
        if (changed.isEmpty()) {
            return changed;
        }
        int index = random.below(changed.size());
        switch (random.below(5)) {
            case 0 -> changed.clear();
            case 1 -> changed.remove(index);
            case 2 -> changed.add(changed.get(index));
            default -> changed.set(index, change(changed.get(index)));
        }
        return changed;
    }

    private Object change(Signed<?> signed) {
        if (!signed.signer().equals(self)) {
            return signed; // cannot be forged; whether it is left out is the list's change
        }
        return signer.sign((Signable) change(signed.content())).signed();
    }

    private Object changeComponent(Record message) {
        RecordShape shape = shape(message);
        Object[] values = shape.values(message);
        if (values.length == 0) {
            return message;
        }
        int chosen = random.below(values.length);
        values[chosen] = change(values[chosen]);
        return shape.make(values);
    }

    private void remember(Object value) {
        switch (value) {
            case Digest digest -> {
                if (digests.size() == MOST_REMEMBERED) {
                    digests.set(random.below(MOST_REMEMBERED), digest);
                } else {
                    digests.add(digest);
                }
            }
            case List<?> list ->
                list.subList(0, Math.min(MOST_REMEMBERED, list.size())).forEach(this::remember);
            case Optional<?> optional -> optional.ifPresent(this::remember);
            case Record message -> {
                for (Object component : shape(message).values(message)) {
                    remember(component);
                }
            }
            default -> {}
        }
    }

    private RecordShape shape(Record message) {
        return shapes.computeIfAbsent(message.getClass(), unused -> new RecordShape(message.getClass()));
    }
}
