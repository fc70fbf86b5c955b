package dev.atlas.it.bench.transport;

import java.util.List;
import java.util.Locale;
import java.util.Properties;

/**
 * Settings of the {@code connections} benchmark, {@code -Datlas.bench.*}.
 *
 * @param idle client connections that only keep alive
 * @param active of the clients beside them, each with one request on its way
 * @param tls or plaintext
 */
public record ConnectionsSettings(int idle, int active, boolean tls, int seconds) {

    private static final List<String> KNOWN = List.of("idle", "active", "security", "seconds");

    public ConnectionsSettings {
        if (idle < 0 || idle > 100_000 || active < 1 || active > 100_000 || seconds < 1 || seconds > 600) {
            throw new IllegalArgumentException(
                    "atlas.bench: idle from 0 and active from 1 to 100000, seconds from 1 to 600");
        }
    }

    public static ConnectionsSettings from(Properties properties) {
        for (String name : properties.stringPropertyNames()) {
            if (name.startsWith("atlas.bench.") && !KNOWN.contains(name.substring("atlas.bench.".length()))) {
                throw new IllegalArgumentException(name + ": no such option; there are " + KNOWN);
            }
        }
        String security = properties.getProperty("atlas.bench.security", "tls");
        if (!security.equals("tls") && !security.equals("plaintext")) {
            throw new IllegalArgumentException("atlas.bench.security: tls or plaintext, not " + security);
        }
        return new ConnectionsSettings(
                TransportSettings.number(properties, "idle", 10_000),
                TransportSettings.number(properties, "active", 2000),
                security.equals("tls"),
                TransportSettings.number(properties, "seconds", 10));
    }

    String describe() {
        return String.format(
                Locale.ROOT,
                "%d idle and %d active client connections to one node, %s, clients in a process of their own, 1 KiB requests and replies, %d s",
                idle,
                active,
                tls ? "TLS" : "plaintext",
                seconds);
    }
}
