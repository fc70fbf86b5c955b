package dev.atlas.net.connection;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * The addresses that limits count as one. An IPv6 subscriber is given 2<sup>64</sup> of them or more (RFC 6177), so counting each by itself
 * would bound nobody; what has the first 64 bits in common counts together. Each IPv4 address counts by itself.
 */
final class AddressBlock {

    private static final int GROUPS = 4;

    private AddressBlock() {}

    /** As the JDK writes it, if it is an IPv6 address; names are not looked up. */
    static String canonical(String host) {
        boolean begins = Character.digit(host.charAt(0), 16) >= 0 || host.charAt(0) == ':' || host.charAt(0) == '[';
        if (!begins || host.indexOf(':') < 0) {
            return host; // anything else would be looked up
        }
        try {
            return InetAddress.getByName(host).getHostAddress();
        } catch (UnknownHostException noAddress) {
            return host;
        }
    }

    /**
     * @param host numeric as the JDK writes it, an IPv6 address with all its eight groups; a name stands for itself
     */
    static String of(String host) {
        int end = -1;
        for (int group = 0; group < GROUPS; group++) {
            end = host.indexOf(':', end + 1);
            if (end < 0) {
                return host;
            }
        }
        return host.substring(0, end) + "::/64";
    }
}
