import Foundation
import Testing

/// What `make install` puts where, and what `make uninstall` leaves.
@Suite struct InstallTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    private static let analyzer = "/usr/bin/systemd-analyze"

    /// Runs `make` with another program in place of a release build, which would take minutes.
    private func make(_ target: String, into folder: Folder, prefix: String) throws {
        let variables = ["DESTDIR=\(folder.path)", "PREFIX=\(prefix)", "BEST=/bin/true"]
        let program = try Program(
            ["make", "--silent", "--old-file=release", target] + variables, directory: Self.root, executable: "/usr/bin/env")
        #expect(try program.waitForExit() == .code(0), "\(program.text)")
    }

    private func files(in folder: Folder) -> [String] {
        let all = FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String] ?? []
        return all.filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: folder.path + "/" + path, isDirectory: &isFolder) && !isFolder.boolValue
        }.sorted()
    }

    private func text(_ path: String, in folder: Folder) throws -> String { try String(contentsOfFile: folder.path + path, encoding: .utf8) }

    @Test(arguments: [("/usr/local", "/etc"), ("/usr", "/etc"), ("/opt/best", "/opt/best/etc")])
    func `the program, the configuration and the unit go below the prefix, and the unit names them`(prefix: String, etc: String) throws {
        let folder = try Folder()
        try make("install", into: folder, prefix: prefix)
        let installed = files(in: folder)
        for path in ["\(prefix)/bin/best", "\(etc)/best/meta-providers.yaml", "\(prefix)/lib/systemd/system/best.service"] {
            #expect(installed.contains(String(path.dropFirst())), "\(path): \(installed)")
        }
        let unit = try text("\(prefix)/lib/systemd/system/best.service", in: folder)
        #expect(unit.contains("\nExecStart=\(prefix)/bin/best serve --config \(etc)/best "))
        #expect(unit.contains("\nEnvironmentFile=-\(etc)/best/environment\n"))
        if prefix != "/usr/local" { #expect(!unit.contains("/usr/local")) }
        try make("uninstall", into: folder, prefix: prefix)
        #expect(files(in: folder).isEmpty)
    }

    @Test func `a configuration that was changed survives an install and an uninstall, and so does what is not ours`() throws {
        let folder = try Folder()
        try make("install", into: folder, prefix: "/usr/local")
        try folder.write("providers: []\n", to: "etc/best/meta-providers.yaml")
        try folder.write("GROQ_API_KEY=x\n", to: "etc/best/environment")
        try make("install", into: folder, prefix: "/usr/local")
        #expect(try text("/etc/best/meta-providers.yaml", in: folder) == "providers: []\n")
        try make("uninstall", into: folder, prefix: "/usr/local")
        #expect(files(in: folder) == ["etc/best/environment", "etc/best/meta-providers.yaml"])
    }

    @Test func `the unit's times fit the program's`() throws {
        let unit = try String(contentsOfFile: Self.root + "/config/systemd/best.service", encoding: .utf8)
        func number(_ pattern: String) throws -> Int {
            let match = try #require(try Regex(pattern, as: (Substring, Substring).self).firstMatch(in: unit), "\(pattern)")
            return try #require(Int(match.output.1))
        }
        #expect(try number("TimeoutStopSec=([0-9]+)") >= number("--drain-timeout ([0-9]+)") + 5)
        #expect(try number("TimeoutStartSec=([0-9]+)") >= 15)
        #expect(unit.contains("\nType=notify\n") && unit.contains("\nExecReload=/bin/kill -HUP $MAINPID\n"))
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: analyzer), "systemd-analyze is not installed"))
    func `systemd takes the unit for well confined`() throws {
        let unit = Self.root + "/config/systemd/best.service"
        let program = try Program(["security", "--offline=true", "--threshold=20", unit], executable: Self.analyzer)
        #expect(try program.waitForExit(Deadline(.seconds(30))) == .code(0), "\(program.text)")
        #expect(program.text.contains("Overall exposure level for best.service"))
    }
}
