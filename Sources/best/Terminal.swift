internal import ArgumentParser
internal import Glibc

/// What the program says to the person who started it.
enum Terminal {
    /// Writes a line to standard error.
    static func say(_ line: String) {
        write(line + "\n", to: 2)
    }

    /// Writes a line to standard output.
    static func out(_ line: String) {
        write(line + "\n", to: 1)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { return }
            rest = rest.dropFirst(max(0, count))
        }
    }
}

extension ExitCode {
    /// The configuration is at fault (`EX_CONFIG`, sysexits.h).
    static let configuration = ExitCode(78)
    /// An address can't be bound, or another part of the system refuses (`EX_UNAVAILABLE`, sysexits.h).
    static let unavailable = ExitCode(69)
}
