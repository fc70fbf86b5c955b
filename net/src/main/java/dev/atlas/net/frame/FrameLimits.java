package dev.atlas.net.frame;

import dev.atlas.net.stub.ModuleId;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/** The largest payload that each module may carry on one connection; a module without a limit may carry none. Immutable. */
public final class FrameLimits {

    private static final int NOT_ALLOWED = -1;

    private final ModuleId[] modules;
    private final int[] bytes;

    /**
     * @param limits largest payload in bytes, 1 or more; modules that are missing are refused
     */
    public FrameLimits(Map<ModuleId, Integer> limits) {
        this.modules = new ModuleId[ModuleId.CODES];
        this.bytes = new int[ModuleId.CODES];
        Arrays.fill(bytes, NOT_ALLOWED);
        limits.forEach((module, limit) -> {
            if (limit < 1) {
                throw new IllegalArgumentException(
                        "the frame limit of " + module + " is at least 1 byte, not " + limit);
            }
            modules[module.code()] = module;
            bytes[module.code()] = limit;
        });
    }

    /** The limit in bytes; negative if the module may not be used. */
    public int bytes(ModuleId module) {
        return bytes[module.code()];
    }

    /**
     * The module of a frame's header.
     *
     * @throws FrameViolationException if the code is unknown, its module is not allowed here, or the length is above its limit
     */
    ModuleId check(byte code, int length) throws FrameViolationException {
        Optional<FrameViolationException> violation = violation(code, length);
        if (violation.isPresent()) {
            throw violation.get();
        }
        return modules[code];
    }

    /** What is wrong with a frame's header, if anything is. */
    Optional<FrameViolationException> violation(byte code, int length) {
        if (code < 0 || code >= bytes.length || bytes[code] == NOT_ALLOWED) {
            return Optional.of(new FrameViolationException(FrameViolation.UNKNOWN_MODULE, "a frame of module " + code));
        }
        if (length < 0 || length > bytes[code]) {
            return Optional.of(new FrameViolationException(
                    FrameViolation.OVERSIZE, Integer.toUnsignedString(length) + " bytes for " + modules[code]));
        }
        return Optional.empty();
    }
}
