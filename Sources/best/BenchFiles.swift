internal import ArgumentParser
internal import Glibc
internal import Wire

/// The files `best bench` reads and writes; `-` is standard input or output.
enum BenchFiles {
    /// The longest file that is read, 1 GiB.
    static let maximumBytes = 1 << 30

    /// The bytes of a file. What goes wrong is said and ends the program.
    static func read(_ path: String) throws -> [UInt8] {
        let descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { if descriptor != 0 { close(descriptor) } }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path) }
            if count == 0 { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= maximumBytes else {
                Terminal.error("\(path): longer than \(maximumBytes >> 20) MiB")
                throw ExitCode.configuration
            }
        }
    }

    /// Writes a file anew.
    static func write(to path: String, _ fill: (inout ByteBuffer) -> Void) throws {
        var buffer = ByteBuffer()
        fill(&buffer)
        guard path != "-" else {
            Terminal.out(buffer.bytes.text.split(separator: "\r\n", omittingEmptySubsequences: true).joined(separator: "\n"))
            return
        }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(path) }
        var rest = Array(buffer.bytes.text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                close(descriptor)
                throw failure(path)
            }
            rest = rest.dropFirst(count)
        }
        guard close(descriptor) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> ExitCode {
        Terminal.error("\(path): \(String(cString: strerror(errno)))")
        return .configuration
    }
}
