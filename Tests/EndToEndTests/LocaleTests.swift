import Foundation
import Testing

/// A release build has no data of locales with it; what it does depends on none.
@Suite struct LocaleTests {
    private static let commands = [
        ["check", "--json"], ["check", "--print-defaults"], ["scores"], ["scores", "--sources"], ["scores", "--explain", "gpt-oss-120b"],
        ["keys", "list"],
    ]
    private static let configuration = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("config").path

    private func outputs(_ environment: [String: String], in folder: Folder) throws -> [String] {
        try Self.commands.map { command in
            let place = command[0] == "scores" ? [] : ["--config", Self.configuration]
            let options = command.contains("--print-defaults") ? [] : place
            let program = try Program(command + options, environment: environment.merging(["GROQ_API_KEY": "k"]) { $1 }, directory: folder.path)
            #expect(try program.waitForExit() == .code(0), "\(command): \(program.text)")
            return program.text
        }
    }

    @Test(arguments: [("tr_TR.UTF-8", "Europe/Istanbul"), ("de_DE.UTF-8", "Asia/Kolkata"), ("ar_EG.UTF-8", "Africa/Cairo")])
    func `what is shown is the same in every language and time zone`(locale: String, zone: String) throws {
        let folder = try Folder()
        try folder.write("", to: "data/empty")
        let usual = try outputs(["LC_ALL": "C", "TZ": "UTC"], in: folder)
        let other = try outputs(["LC_ALL": locale, "LANG": locale, "TZ": zone], in: folder)
        #expect(usual == other)
        #expect(usual.allSatisfy { !$0.isEmpty })
    }
}
