internal import CBuild
internal import EventLoop
internal import Gateway
internal import Storage
internal import Upstream

/// What the program was built from and runs on, for `best --version` and the manual.
enum BuildFacts {
    /// The commit; `nil` where it was not built by `make`.
    static var commit: String? { text(String(cString: cbuild_commit())) }
    /// The commit's day, `2026-11-30`.
    static var day: String? { text(String(cString: cbuild_date())) }

    /// Several lines; the first is the program's name and its version alone.
    static var lines: [String] {
        let source = commit.map { "\($0)\(day.map { " of \($0)" } ?? "")" } ?? "not known"
        return [
            "best \(BuildInformation.version)",
            "commit: \(source)",
            "build: \(configuration), Swift \(compiler), \(architecture) Linux",
            "libraries: libuv \(EventLoop.libraryVersion), \(CurlTransport.libraryVersion), SQLite \(StoreReader.libraryVersion)",
        ]
    }

    private static func text(_ value: String) -> String? { value.isEmpty ? nil : value }

    private static var configuration: String {
        #if DEBUG
            "debug"
        #else
            "release"
        #endif
    }

    private static var compiler: String {
        #if compiler(>=6.4)
            "6.4 or later"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }

    private static var architecture: String {
        #if arch(x86_64)
            "x86-64"
        #elseif arch(arm64)
            "arm64"
        #else
            "other"
        #endif
    }
}
