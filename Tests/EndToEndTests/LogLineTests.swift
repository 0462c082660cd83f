import Foundation
import Testing

@Suite struct LogLineTests {
    /// Serves one model of a mock with options of `best.yaml`, asks once, and returns the line of the request.
    private func line(
        _ options: String, environment: [String: String] = [:], model: String = "m", of provider: Provider = Provider("a")
    ) throws -> String {
        let mock = try MockProcess()
        let folder = try Folder()
        try folder.write("providers:\n" + provider.yaml(mock: mock.url), to: "meta-providers.yaml")
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

    @Test(arguments: ["text", "json"]) func `a provider's code is in it, unless it is none and may quote a prompt`(form: String) throws {
        for (code, isCode) in [("odd_value", true), ("my%20secret%20prompt", false), (String(repeating: "a", count: 65), false)] {
            let provider = Provider("a", models: [.init(id: "x:status=400;code=\(code);message=no%20temperature", aliases: ["m"])])
            let line = try line("logging: {format: \(form)}", of: provider)
            #expect(line.contains("400") && line.contains("refused"), "\(line)")
            #expect(line.contains(form == "text" ? " code=" : "\"code\":") == isCode && !line.contains("my secret"), "\(line)")
        }
    }

    /// What could forge a line, steer a terminal or turn what stands around it: C0, DEL, C1, separators, bidi controls, the mark of byte order.
    private static let hidden = "\u{1B}\u{7F}\u{85}\u{9B}\u{2028}\u{2029}\u{200E}\u{200F}\u{202A}\u{202E}\u{2066}\u{2069}\u{FEFF}"

    @Test func `nothing of a client's or an operator's name does anything in the log`() throws {
        for form in ["text", "json"] {
            let refused = try line("logging: {format: \(form)}", model: "no\(Self.hidden.dropFirst())ne")
            #expect(refused.contains("400") && refused.contains("control character"), "\(refused)")
            // What is not seen but controls nothing may be in a name, and is none of anybody's.
            let unknown = try line("logging: {format: \(form)}", model: "no\u{FEFF}\u{200B}ne")
            #expect(unknown.contains(form == "text" ? " no??ne " : "\"model\":\"no\\ufeff\\u200bne\""), "\(unknown)")
            for line in [refused, unknown] {
                #expect(!line.unicodeScalars.contains { Self.hidden.unicodeScalars.contains($0) || $0 == "\u{200B}" }, "\(line)")
            }
        }
    }

    @Test func `nothing of a model's name is in a field or a comment but what can be printed`() throws {
        // YAML spells them as escapes; a provider's list can't hold them.
        let name = "größe-\\u200b\\u202e漢"
        let providers = [
            Provider("bad", models: [.init(id: "x\(name):status=500", aliases: ["m"])]), Provider("a", models: [.init(id: name, aliases: ["m"])]),
            Provider("slow", models: [.init(id: "slow\(name):ttft=300", aliases: ["late"])]),
        ]
        try withGateway(providers, best: Gateway.inOrder + "streaming: {keep_alive_after: 100ms}\n") { gateway throws in
            for stream in [false, true] {
                let answer = try gateway.chat("m", stream: stream)
                #expect(answer.status == 200 && answer["x-best-model"] == "gr??e-???", "\(answer.fields)")
                if !stream { #expect(answer["x-best-trail"]?.contains("bad/xgr??e-???") == true, "\(answer.fields)") }
                let fields = answer.fields.map { $0.name + $0.value }.joined()
                #expect(fields.utf8.allSatisfy { (0x20...0x7E).contains($0) })
            }
            let late = try gateway.chat("late", stream: true)
            #expect(late.text.contains(": x-best-model: slowgröße-??漢"), "\(late.text)")
        }
    }

    @Test func `nothing of a key's name does anything on the terminal`() throws {
        let folder = try Folder()
        func run(_ arguments: [String]) throws -> String {
            let program = try Program(arguments, directory: folder.path)
            #expect(try program.waitForExit() == .code(0), "\(program.text)")
            return program.text
        }
        for text in [
            try run(["keys", "create", "an\(Self.hidden)n", "--tag", "t\(Self.hidden)t", "--model", "m\(Self.hidden)m"]), try run(["keys", "list"]),
            try run(["usage"]), try run(["usage", "--csv"]), try run(["scores", "--explain", "no\(Self.hidden)ne"]),
        ] {
            #expect(!text.unicodeScalars.contains { Self.hidden.unicodeScalars.contains($0) }, "\(text)")
        }
        #expect(try run(["keys", "list"]).contains("an?????????????n"))
    }
}
