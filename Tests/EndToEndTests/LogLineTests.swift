import Foundation
import Testing

@Suite struct LogLineTests {
    /// Serves one model of a mock with options of `best.yaml`, asks once, and returns the line of the request.
    private func line(_ options: String, environment: [String: String] = [:], model: String = "m") throws -> String {
        let mock = try MockProcess()
        let folder = try Folder()
        try folder.write("providers:\n" + Provider("a").yaml(mock: mock.url), to: "meta-providers.yaml")
        try folder.write(options, to: "best.yaml")
        let program = try Program(["serve", "--config", ".", "--port", "0"], environment: environment, directory: folder.path)
        let client = try WireClient(port: try program.port(in: " on http://127.0.0.1:"))
        try client.send("POST", "/v1/chat/completions", body: Array(Chat.body(model).utf8))
        _ = try client.answer()
        let line = try program.line(with: "chat.completions")
        program.stop()
        mock.program.stop()
        return line
    }

    @Test func `in a pipe a request's line is plain: time, status, who asked for what and got it from whom, how long, how much, and the id`() throws {
        let line = try line("")
        let form =
            #/[0-9-]{10}T[0-9:.]{12}Z 200 chat\.completions m -> a/a [0-9.]+m?s first=[0-9.]+m?s upstream=[0-9.]+m?s tokens=[0-9]+\+[0-9]+ req_[0-9a-f]{32}/#
        #expect(try form.wholeMatch(in: line) != nil, "\(line)")
    }

    @Test func `colours are there when they are wished for, and not in a pipe by themselves`() throws {
        #expect(try line("logging: {colour: always}").contains("\u{1B}[32m200\u{1B}[0m chat.completions m -> \u{1B}[1ma/a\u{1B}[0m "))
        #expect(try line("logging: {colour: always}", model: "none").contains("\u{1B}[33m404\u{1B}[0m chat.completions none "))
        #expect(try !line("logging: {colour: auto}", environment: ["TERM": "xterm"]).contains("\u{1B}"))
        #expect(try !line("logging: {colour: never}").contains("\u{1B}"))
    }

    @Test func `a refused request's line says what was wrong with it`() throws {
        let line = try line("", model: "none")
        #expect(line.contains(" 404 chat.completions none ") && line.contains(" refused code=model_not_found ["), "\(line)")
    }
}
