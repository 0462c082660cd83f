import Foundation

/// A service manager's end of `$NOTIFY_SOCKET`: a datagram socket that keeps what it is told.
final class NotifyListener {
    /// What the program finds in the variable.
    let name: String
    private let descriptor: Int32
    private let folder: Folder?
    /// What came, in order.
    private(set) var messages: [String] = []

    /// Listens at a path of its own, or under a name in the abstract namespace (unix(7)).
    init(isAbstract: Bool = false) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw HarnessError.system("socket") }
        folder = isAbstract ? nil : try Folder()
        name = folder.map { $0.path + "/notify" } ?? "@best-test-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = isAbstract ? [0] + Array(name.utf8.dropFirst()) : Array(name.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        guard status == 0 else { throw HarnessError.system("bind \(name)") }
    }

    deinit { close(descriptor) }

    /// The next message that holds `part`, of those that were not yet waited for.
    @discardableResult
    func next(with part: String, before deadline: Deadline = .usual) throws -> String {
        while true {
            guard let message = receive(before: deadline) else { throw HarnessError("no `\(part)` came, but: \(messages)") }
            if message.contains(part) { return message }
        }
    }

    /// The next message, whatever it says; `nil` when none comes in time.
    func receive(before deadline: Deadline) -> String? {
        guard deadline.wait(for: descriptor, POLLIN) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { return nil }
        let message = String(decoding: bytes[..<count], as: UTF8.self)
        messages.append(message)
        return message
    }

    /// Takes everything that has come.
    func drain() { while receive(before: Deadline(.zero)) != nil {} }
}
