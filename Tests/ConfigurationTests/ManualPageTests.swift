import Foundation
import Gateway
import Testing

@testable import Configuration

@Suite struct ManualPageTests {
    private static let mandoc = "/usr/bin/mandoc"

    @Test func `what means something to the formatter is written as what it is`() {
        var page = ManualPage(name: "best.yaml", section: 5, summary: "how it behaves", day: "2026-11-30")
        page.heading("DESCRIPTION")
        page.prose("Takes C:\\x. Then --live, and 'x'.\n\n.Sh is no heading…\n  best --live")
        page.beginList()
        page.item("No", value: "a \"b\"", "Text.")
        page.endList()
        #expect(
            page.text == """
                .Dd November 30, 2026
                .Dt BEST.YAML 5
                .Os
                .Sh NAME
                .Nm best.yaml
                .Nd how it behaves
                .Sh DESCRIPTION
                Takes C:\\ex.
                Then \\-\\-live, and 'x'.
                .Pp
                \\&.Sh is no heading\\[u2026]
                .Bd -literal -offset indent
                best \\-\\-live
                .Ed
                .Bl -tag -width Ds
                .It Cm \\&No Ar "a \\(dqb\\(dq"
                Text.
                .El

                """)
    }

    @Test func `best.yaml(5) has every option of the manual in the file, with its default`() {
        let page = ManualPage.bestFile(day: "2026-11-30").text
        for path in BestFile.paths(of: BestFile.sections) { #expect(page.contains(".It Cm \(path)\n"), "\(path)") }
        #expect(page.contains("Default: 127.0.0.1"))
    }

    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: mandoc), "mandoc is not installed"),
        arguments: ["best.yaml", "meta-providers.yaml"])
    func `the formatter has nothing to say against the pages of the files`(name: String) throws {
        let page = name == "best.yaml" ? ManualPage.bestFile(day: "2026-11-30") : ProvidersManual.page(day: "2026-11-30")
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).5")
        try page.text.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: Self.mandoc)
        process.arguments = ["-Tlint", "-Wwarning", file.path]
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text.prefix(2000))")
    }
}
