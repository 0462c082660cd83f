import Foundation
import Testing

@Suite struct StartTests {
    /// Runs `best` until it ends by itself; its exit code and what it said.
    private func run(_ arguments: [String], environment: [String: String] = [:], files: [String: String] = [:]) throws -> (
        code: Program.Exit, text: String
    ) {
        let folder = try Folder()
        for (name, text) in files { try folder.write(text, to: name) }
        let program = try Program(arguments, environment: environment, directory: folder.path)
        let exit = try program.waitForExit()
        return (exit, program.text)
    }

    private static let providers = "providers:\n  - name: a\n    base_url: http://127.0.0.1:9/v1\n    models: [m]\n"

    @Test func `a port in use is told in one clear line`() throws {
        try withGateway { gateway throws in
            let second = try run(["serve", "--config", ".", "--port", "\(gateway.port)"], files: ["meta-providers.yaml": Self.providers])
            #expect(second.code == .code(69))
            #expect(
                second.text.split(separator: "\n").count == 1 && second.text.contains("port \(gateway.port) on 127.0.0.1 is in use"), "\(second.text)"
            )
            #expect(try gateway.chat().status == 200)
            let mock = try run(["mock", "--port", "\(gateway.port)"])
            #expect(mock.code == .code(69) && mock.text.contains("\(gateway.port)"))
        }
    }

    @Test func `without a configuration the demonstration serves the mock fleet, and the curl that is printed works as pasted`() throws {
        let folder = try Folder()
        let program = try Program(["serve", "--demo", "--port", "0"], directory: folder.path)
        let port = try program.port(in: " on http://127.0.0.1:")
        let line = try program.line(with: "curl -N ")
        #expect(program.count(of: "made-up text") == 1 && program.text.contains("open to this machine only"), "\(program.text)")
        let curl = try Program(["-c", line], executable: "/bin/sh")
        #expect(try curl.waitForExit() == .code(0))
        #expect(curl.text.contains("data: [DONE]") && !curl.text.contains("\"error\""), "\(curl.text)")
        let client = try WireClient(port: port)
        try client.send("GET", "/v1/models")
        #expect(try client.answer().text.contains("llama-3.3-70b-versatile"))
        program.stop()
    }

    private static let keyless = """
        providers:
          - {name: a, base_url: http://127.0.0.1:9/v1, api_key_env_var: [A_KEY, SPARE_KEY], models: [m]}
          - {name: b, base_url: http://127.0.0.1:9/v1, api_key_env_var: B_KEY, models: [m]}

        """

    @Test(arguments: [
        (nil, ["meta-providers.yaml", "no provider is configured"]), ("", ["no provider is configured"]),
        ("providers: []\n", ["no provider is configured"]),
        (keyless, ["meta-providers.yaml", "A_KEY, SPARE_KEY, B_KEY", ".env", "in the environment", "LoadCredential="]),
    ])
    func `without a provider that can be used serve and check fail, and name the variables that are missing`(yaml: String?, parts: [String]) throws {
        // Keys of clients and of the operator are no reason to answer with made-up text.
        let environment = ["LLMGW_ADMIN_API_KEY": "adm1n", "ALLOWED_BEARER_TOKENS": "t", "B_KEY": ""]
        let files = yaml.map { ["config/meta-providers.yaml": $0] } ?? [:]
        for arguments in [["serve", "--port", "0"], ["--port", "0"], ["check"]] {
            let ended = try run(arguments, environment: environment, files: files)
            #expect(ended.code == .code(78), "\(arguments): \(ended.text)")
            let errors = ended.text.split(separator: "\n").filter { $0.hasPrefix("error: ") }
            #expect(errors.count == 1 && (parts + ["--demo"]).allSatisfy { errors[0].contains($0) }, "\(arguments): \(ended.text)")
        }
    }

    @Test func `a demonstration uses the providers that can be used, and no others`() throws {
        let mock = try MockProcess()
        let folder = try Folder()
        try folder.write("providers:\n" + Provider("a").yaml(mock: mock.url), to: "meta-providers.yaml")
        let program = try Program(["serve", "--demo", "--config", ".", "--port", "0"], directory: folder.path)
        let client = try WireClient(port: try program.port(in: " on http://127.0.0.1:"))
        try client.send("POST", "/v1/chat/completions", body: Array(Chat.body("priority-auto").utf8))
        #expect(try client.answer()["x-best-provider"] == "a" && !program.text.contains("made-up"))
        program.stop()
        mock.program.stop()
    }

    @Test func `the mock fleet is served whatever keys there are where --mock asks for it`() throws {
        let folder = try Folder()
        try folder.write(Self.providers, to: "meta-providers.yaml")
        let program = try Program(["serve", "--mock", "--config", ".", "--port", "0"], directory: folder.path)
        #expect(try program.line(with: "made-up text").contains("--mock asks for it"))
        program.stop()
    }

    @Test func `no subcommand serves, with HOST and PORT from the environment`() throws {
        let folder = try Folder()
        try folder.write(Self.providers, to: "config/meta-providers.yaml")
        let program = try Program([], environment: ["PORT": "0", "HOST": "127.0.0.2"], directory: folder.path)
        _ = try program.line(with: " on http://127.0.0.2:")
        program.stop()
    }

    @Test(arguments: [
        // What is wrong, and what the message must name.
        ("providers:\n  - name: a\n    base_ulr: http://h/v1\n", ["meta-providers.yaml:3", "base_ulr", "base_url"]),
        ("providers:\n  - base_url: 7\n  - base_url: ftp://h\n", ["meta-providers.yaml:2", "meta-providers.yaml:3"]),
        ("providers:\n  - {name: a, base_url: http://h}\n  - {name: a, base_url: http://i}\n", ["meta-providers.yaml:3"]),
        ("providers: [\n", ["meta-providers.yaml:"]), ("provider: []\n", ["providers"]),
        ("providers:\n  - name: a\n    base_url: http://h\n    timeouts: {connect: soon}\n", ["meta-providers.yaml:4", "connect"]),
    ])
    func `a bad configuration is refused with every place of it, exit 78`(yaml: String, parts: [String]) throws {
        let ended = try run(["serve", "--config", ".", "--port", "0"], files: ["meta-providers.yaml": yaml])
        #expect(ended.code == .code(78))
        for part in parts { #expect(ended.text.contains(part), "\(ended.text)") }
    }

    @Test func `a configuration directory that is not there is refused`() throws {
        let ended = try run(["serve", "--config", "nowhere", "--port", "0"])
        #expect(
            ended.code == .code(78) && ended.text == "error: nowhere: --config: no such directory; expected the directory with meta-providers.yaml\n")
    }

    @Test func `without a key only this machine is served`() throws {
        let files = ["meta-providers.yaml": Self.providers]
        for host in ["0.0.0.0", "::", "192.0.2.1"] {
            let ended = try run(["serve", "--config", ".", "--port", "0", "--host", host], files: files)
            #expect(ended.code == .code(78) && ended.text.contains("ALLOWED_BEARER_TOKENS"), "\(host): \(ended.text)")
        }
        let folder = try Folder()
        try folder.write(Self.providers, to: "meta-providers.yaml")
        let program = try Program(
            ["serve", "--config", ".", "--port", "0", "--host", "0.0.0.0"], environment: ["ALLOWED_BEARER_TOKENS": "t"], directory: folder.path)
        let port = try program.port(in: " on http://0.0.0.0:")
        let client = try WireClient(port: port)
        try client.send("GET", "/v1/models")
        #expect(try client.answer().status == 401)
        program.stop()
    }

    @Test func `an empty admin key is refused`() throws {
        let ended = try run(["serve", "--port", "0"], environment: ["LLMGW_ADMIN_API_KEY": ""])
        #expect(ended.code == .code(78) && ended.text.contains("LLMGW_ADMIN_API_KEY"))
    }

    @Test func `a provider whose key is missing is skipped with one warning`() throws {
        let second = "  - name: b\n    base_url: http://127.0.0.1:9/v1\n    api_key_env_var: B_KEY\n    models: [n]\n"
        let folder = try Folder()
        try folder.write(Self.providers + second, to: "meta-providers.yaml")
        let program = try Program(["serve", "--config", ".", "--port", "0"], directory: folder.path)
        _ = try program.line(with: "serves 1 model of 1 provider on")
        #expect(try program.line(with: "not used for want of a key") == "not used for want of a key: b (B_KEY)")
        _ = try program.line(with: "curl -N")
        #expect(program.text.components(separatedBy: "B_KEY").count == 2)
        program.stop()
    }

    @Test func `a file .env in the working directory counts, and the environment before it`() throws {
        let folder = try Folder()
        try folder.write(Self.providers, to: "meta-providers.yaml")
        try folder.write("ALLOWED_BEARER_TOKENS=from-file\nPORT=0\nHOST=127.0.0.3\n", to: ".env")
        let program = try Program(["serve", "--config", "."], environment: ["HOST": "127.0.0.1"], directory: folder.path)
        let client = try WireClient(port: try program.port(in: " on http://127.0.0.1:"))
        try client.send("GET", "/v1/models", ["Authorization: Bearer from-file"])
        #expect(try client.answer().status == 200)
        program.stop()
    }

    @Test func `with descriptors for few clients the others wait, and no provider is blamed`() throws {
        let mock = try MockProcess()
        let folder = try Folder()
        try folder.write("providers:\n" + Provider("a").yaml(mock: mock.url), to: "meta-providers.yaml")
        let line = "ulimit -n 64 && exec \"$0\" serve --config . --port 0"
        let program = try Program(["-c", line, Program.path], directory: folder.path, executable: "/bin/sh")
        let port = try program.port(in: " on http://127.0.0.1:")
        var idle = try (0..<100).map { _ in try WireClient(port: port) }
        let client = try WireClient(port: port)
        try client.send("POST", "/v1/chat/completions", body: Array(Chat.body().utf8))
        let busy = program.processorSeconds
        #expect(!client.receives(before: Deadline(.milliseconds(300))), "it waits in the kernel's queue")
        #expect(program.processorSeconds - busy < 0.1, "waiting costs nothing")
        idle.removeAll()
        #expect(try client.answer().status == 200)
        program.stop()
        mock.program.stop()
    }

    @Test func `wrong arguments are told, exit 64`() throws {
        for arguments in [
            ["serve", "--port", "70000"], ["serve", "--no-such-option"], ["mock", "--behaviour", "no=such"], ["serve", "--drain-timeout", "-1"],
        ] {
            #expect(try run(arguments).code == .code(64), "\(arguments)")
        }
        let version = try run(["--version"])
        #expect(version.code == .code(0) && version.text.contains("."))
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a signal lets a stream come to its end, and takes no new connection`(signal: Int32) throws {
        try withGateway([Provider("a", "gap=40;tokens=20")]) { gateway throws in
            let idle = try gateway.connect()
            try idle.send("GET", "/ok")
            _ = try idle.answer()
            let client = try gateway.connect()
            try client.send("POST", "/v1/chat/completions", body: Array(Chat.body(stream: true).utf8))
            _ = try client.head()
            gateway.program.send(signal)
            #expect(try idle.ends(), "idle connections are closed")
            #expect(throws: HarnessError.self) {
                let late = try gateway.connect()
                try late.send("GET", "/ok")
                _ = try late.answer()
            }
            var body: [UInt8] = []
            while let chunk = try client.chunk() { body += chunk }
            #expect(client.chunkedBodyIsWhole && Event.parse(body).dones == 1 && Event.parse(body).content == Chat.words(20))
            #expect(try client.ends())
            client.close()
            let start = ContinuousClock.now
            #expect(try gateway.program.waitForExit() == .code(0))
            #expect(ContinuousClock.now - start < .seconds(1), "nothing is left to wait for")
        }
    }

    @Test func `the drain does not wait for a client that keeps its end open`() throws {
        try withGateway([Provider("a", "gap=20;tokens=10")]) { gateway throws in
            let client = try gateway.connect()
            try client.send("POST", "/v1/chat/completions", body: Array(Chat.body(stream: true).utf8))
            _ = try client.head()
            gateway.program.send(SIGTERM)
            while try client.chunk() != nil {}
            let start = ContinuousClock.now
            #expect(try gateway.program.waitForExit() == .code(0))
            #expect(ContinuousClock.now - start < .seconds(1))
        }
    }

    @Test func `a second signal and the end of the drain's time both stop at once`() throws {
        try withGateway([Provider("a", "tokens=9;stall=1")]) { gateway throws in
            let client = try gateway.connect()
            try client.send("POST", "/v1/chat/completions", body: Array(Chat.body(stream: true).utf8))
            _ = try client.head()
            gateway.program.send(SIGTERM)
            _ = try gateway.program.line(with: "stopping")
            let start = ContinuousClock.now
            gateway.program.send(SIGTERM)
            #expect(try gateway.program.waitForExit() == .code(0))
            #expect(ContinuousClock.now - start < .seconds(1))
            _ = try client.rest()
            #expect(!client.chunkedBodyIsWhole, "nobody takes the half for the whole")
        }
        try withGateway([Provider("a", "tokens=9;stall=1")], arguments: ["--drain-timeout", "1"]) { gateway throws in
            let client = try gateway.connect()
            try client.send("POST", "/v1/chat/completions", body: Array(Chat.body(stream: true).utf8))
            _ = try client.head()
            let start = ContinuousClock.now
            gateway.program.send(SIGTERM)
            #expect(try gateway.program.waitForExit() == .code(0))
            #expect((.milliseconds(900) ... .seconds(3)).contains(ContinuousClock.now - start))
        }
    }

    @Test func `an idle gateway ends within a second, also with idle clients`() throws {
        try withGateway { gateway throws in
            let client = try gateway.connect()
            try client.send("GET", "/ok")
            _ = try client.answer()
            let silent = try gateway.connect()
            _ = try gateway.chat()
            let start = ContinuousClock.now
            gateway.program.send(SIGTERM)
            #expect(try gateway.program.waitForExit() == .code(0))
            #expect(ContinuousClock.now - start < .seconds(1))
            #expect(try client.ends() && silent.ends())
        }
    }
}
