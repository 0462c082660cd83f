internal import ArgumentParser
internal import Gateway
internal import Glibc
internal import Wire

/// What the program says to the person who started it.
enum Terminal {
    /// How a piece of text is set off on a terminal (ECMA-48 §8.3.117, SGR).
    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    /// Writes a line to standard error.
    static func say(_ line: String) {
        write(line + "\n", to: 2)
    }

    /// Writes a line to standard output.
    static func out(_ line: String, newline: Bool = true) {
        write(newline ? line + "\n" : line, to: 1)
    }

    /// Writes a problem that ends the program, or keeps it from starting, to standard error.
    static func error(_ text: some CustomStringConvertible) {
        say("\(styled("error:", .red)) \("\(text)".printable)")
    }

    /// Writes what the operator should know to standard error.
    static func warn(_ text: some CustomStringConvertible) {
        say("\(styled("warning:", .yellow)) \("\(text)".printable)")
    }

    /// Shows `line` in place of what was shown before, on a terminal at standard error; empty to clear it.
    static func show(_ line: String) {
        // Back to the first column and erase to the end of the line (ECMA-48 §8.3.41, EL).
        write("\r\u{1B}[K\(line)", to: 2)
    }

    /// `text` set off with `style`, where the descriptor's reader can show that.
    static func styled(_ text: String, _ style: Style, on descriptor: Int32 = 2) -> String {
        showsColours(on: descriptor) ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Whether a person at a terminal reads the descriptor.
    static func isTerminal(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1
    }

    /// Whether colours may be sent to the descriptor: it is a terminal that knows them, and `NO_COLOR` is not set (https://no-color.org).
    static func showsColours(on descriptor: Int32) -> Bool {
        guard isTerminal(descriptor), variable("TERM") != "dumb" else { return false }
        return variable("NO_COLOR").isEmpty
    }

    /// The same, unless the configuration wishes otherwise.
    static func showsColours(on descriptor: Int32, wish: LoggingOptions.Colour) -> Bool {
        switch wish {
        case .auto: showsColours(on: descriptor)
        case .always: true
        case .never: false
        }
    }

    private static func variable(_ name: String) -> String {
        getenv(name).map { String(cString: $0) } ?? ""
    }

    /// Draws a line on the terminal in place of the one that stands there.
    static func draw(_ line: String) {
        write("\r\u{1B}[K" + line, to: 2)
    }

    /// The terminal's width in columns; 80 when it doesn't say.
    static var width: Int {
        var size = winsize()
        return ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
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
