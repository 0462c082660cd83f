import Foundation
import Testing

@Suite struct SetupCommandTests {
    private func setup(_ arguments: [String], in folder: Folder) throws -> (exit: Program.Exit, text: String) {
        let program = try Program(["setup"] + arguments, directory: folder.path)
        return (try program.waitForExit(), program.text)
    }

    @Test func `while the gateway is open no key is made, and the settings have its address`() throws {
        let folder = try Folder()
        let answer = try setup(["aider"], in: folder)
        #expect(answer.exit == .code(0), "\(answer.text)")
        #expect(
            answer.text.contains("export OPENAI_API_BASE=http://127.0.0.1:8000/v1\nexport OPENAI_API_KEY=any-key\naider --model openai/priority-auto")
        )
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/data/best.db"))
    }

    @Test func `where clients need a key one is made for the client, and it opens the gateway`() throws {
        let mock = try MockProcess()
        let folder = try Folder()
        try folder.write("providers:\n  - {name: a, base_url: '\(mock.url)', models: [m]}\n", to: "config/meta-providers.yaml")
        let answer = try setup(["openai-python", "--make-key", "--models", "m", "--url", "https://llm.example/v1/"], in: folder)
        #expect(answer.exit == .code(0) && answer.text.contains("export OPENAI_BASE_URL=https://llm.example/v1\n"), "\(answer.text)")
        let key = try #require(answer.text.firstMatch(of: #/OPENAI_API_KEY=(llmgw-sk-[0-9A-Za-z_-]+)/#)?.output.1)
        let program = try Program(["serve", "--port", "0"], directory: folder.path)
        let client = try WireClient(port: try program.port(in: " on http://127.0.0.1:"))
        try client.send("POST", "/v1/chat/completions", ["authorization: Bearer \(key)"], body: Array(Chat.body("m").utf8))
        #expect(try client.answer().status == 200)
        program.stop()
        // Now that there has been one, the next client gets one without being asked for.
        let second = try setup(["langchain"], in: folder)
        #expect(second.text.contains("api_key=\"llmgw-sk-") && second.text.contains("base_url=\"http://127.0.0.1:8000/v1\""), "\(second.text)")
        mock.program.stop()
    }

    @Test func `clients are listed, and an unknown one names them`() throws {
        let folder = try Folder()
        let list = try setup([], in: folder).text
        for name in ["openai-python", "aider", "open-webui", "librechat", "cline", "langchain", "llm", "guidellm", "aiperf", "lm-eval", "inspect"] {
            #expect(list.contains("\n\(name) "), "\(name)")
        }
        let unknown = try setup(["emacs"], in: folder)
        #expect(unknown.exit == .code(64) && unknown.text.contains("open-webui"))
    }
}
