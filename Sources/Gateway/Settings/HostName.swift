/// What may name a host: RFC 1123 names, dotted IPv4 addresses and IPv6 addresses.
///
/// The bytes are ASCII; brackets around IPv6 are the caller's.
public enum HostName {
    /// Whether `text` is a name, an IPv4 or an IPv6 address (without brackets), in any case.
    public static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)[...]
        return isIPv6(bytes) || (isName(bytes) && (!endsInNumber(bytes) || isIPv4(bytes)))
    }

    /// Whether `text` names the machine itself: `localhost`, `127.0.0.0/8` (RFC 1122 §3.2.1.3) or `::1` (RFC 4291 §2.5.3).
    public static func isLoopback(_ text: String) -> Bool {
        let bytes = Array(text.utf8)[...]
        return text == "localhost" || text == "::1" || (isIPv4(bytes) && text.hasPrefix("127."))
    }

    /// Whether `text` is something to listen on: an IP address (IPv6 without brackets) or `localhost`.
    public static func isListenable(_ text: String) -> Bool {
        let bytes = Array(text.utf8)[...]
        return text == "localhost" || isIPv4(bytes) || isIPv6(bytes)
    }

    /// Labels of 1 to 63 letters, digits, `-` and `_`, not beginning or ending in `-`; 253 bytes at most (RFC 1123 §2.1, RFC 1035 §2.3.4).
    static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard (1...253).contains(bytes.count) else { return false }
        return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        }
    }

    /// Whether the last label is a number to a lenient parser (WHATWG URL, "ends in a number").
    static func endsInNumber(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let last = bytes.split(separator: UInt8(ascii: ".")).last else { return false }
        let isHexadecimal = last.count > 1 && last.first == UInt8(ascii: "0") && (last[last.startIndex + 1] | 0x20) == UInt8(ascii: "x")
        return last.allSatisfy(isDigit) || (isHexadecimal && last.dropFirst(2).allSatisfy { isDigit($0) || (0x61...0x66).contains($0 | 0x20) })
    }

    /// Four decimal numbers in `0...255` without leading zeros (RFC 3986 §3.2.2).
    static func isIPv4(_ bytes: ArraySlice<UInt8>) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy(isDigit) && (part.count == 1 || part.first != UInt8(ascii: "0"))
                    && part.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } <= 255
            }
    }

    /// Eight groups of up to four hexadecimal digits, one run of them as `::`, the last two as IPv4 if need be (RFC 4291 §2.2).
    static func isIPv6(_ bytes: ArraySlice<UInt8>) -> Bool {
        // 45 bytes: the longest form, INET6_ADDRSTRLEN less its NUL.
        guard (2...45).contains(bytes.count) else { return false }
        var groups = 0
        var hasGap = false
        var rest = bytes
        if rest.starts(with: "::".utf8) {
            hasGap = true
            rest = rest.dropFirst(2)
            if rest.isEmpty { return true }
        }
        while true {
            let group = rest.prefix { $0 != UInt8(ascii: ":") }
            rest = rest[group.endIndex...]
            if group.contains(UInt8(ascii: ".")) {
                guard rest.isEmpty, isIPv4(group) else { return false }
                groups += 2
                break
            }
            guard (1...4).contains(group.count), group.allSatisfy({ isDigit($0) || (0x61...0x66).contains($0 | 0x20) }) else { return false }
            groups += 1
            if rest.isEmpty { break }
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: ":") {
                guard !hasGap else { return false }
                hasGap = true
                rest = rest.dropFirst()
                if rest.isEmpty { break }
            }
        }
        return hasGap ? groups < 8 : groups == 8
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20)
    }
}
