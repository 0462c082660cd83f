import Foundation
import Gateway
import HTTPServer
import Testing

@testable import Configuration

@Suite struct BestFileTests {
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("config/best.yaml").path

    private func load(_ text: String, _ environment: [String: String] = [:]) throws -> LoadedConfiguration {
        try ConfigurationFixture(["config/best.yaml": text, "config/meta-providers.yaml": "providers: []\n"]).load(environment)
    }

    @Test func `the committed file is the manual: every option, only those, each with the default the code has`() throws {
        let committed = try String(contentsOfFile: Self.path, encoding: .utf8)
        #expect(committed == ConfigurationManual.text, "write it anew: best check --print-defaults > config/best.yaml")
    }

    @Test func `the manual read as a file changes nothing`() throws {
        let loaded = try load(ConfigurationManual.text)
        #expect(loaded.problems.isEmpty && loaded.warnings.isEmpty, "\(loaded.problems)")
        #expect(ConfigurationManual.text(of: loaded.readable) == ConfigurationManual.text)
        let empty = try load(ConfigurationManual.text.split(separator: "\n").filter { !$0.hasPrefix(" ") }.joined(separator: "\n"))
        #expect(empty.problems.isEmpty && ConfigurationManual.text(of: empty.readable) == ConfigurationManual.text, "bare section names")
        #expect(try load("").problems.isEmpty)
    }

    @Test func `every property of a section has an option, and every option is explained`() {
        // What must not stand in a file (secrets), or follows from another option.
        let exempt: Set<String> = [
            "providers", "skipped", "adjustments", "proxy_credentials", "digest", "server.bearer_tokens", "server.admin_key",
        ]
        var unlisted: [String] = []
        func compare(_ value: Any, _ names: [String: ConfigurationShape], _ prefix: String) {
            for child in Mirror(reflecting: value).children {
                var name = snakeCase(child.label ?? "")
                // Swift's truth values begin with `is`, the file's do not.
                if name.hasPrefix("is_"), names[name] == nil { name.removeFirst(3) }
                switch names[name] {
                case .group(let inner): compare(child.value, inner, "\(prefix)\(name).")
                case .value: continue
                case nil where name == "limits" && prefix == "server.":
                    for limit in Mirror(reflecting: child.value).children {
                        let limitName = snakeCase(limit.label ?? "")
                        if names[limitName] == nil { unlisted.append("\(prefix)\(limitName)") }
                    }
                case nil: unlisted.append(prefix + name)
                }
            }
        }
        compare(GatewayConfiguration(), ConfigurationShape.of(BestFile.sections), "")
        #expect(unlisted.filter { !exempt.contains($0) } == [], "give each an option in Sources/Configuration/Sections")
        func explained<Options>(_ options: [ConfigurationOption<Options>]) {
            for option in options {
                #expect(option.documentation.hasSuffix("."), "\(option.name): whole sentences")
                if case .group(let group) = option.form { explained(group.options) }
            }
        }
        explained(BestFile.sections)
    }

    /// A mapping with keys of the user's own takes a mapping too, but none of lists, other than that of names and what they stand for.
    @Test(arguments: BestFile.paths(of: BestFile.sections).filter { $0 != "aliases" })
    func `every option refuses what it can't be, with its line and key`(path: String) throws {
        let words = path.split(separator: ".")
        var text = "# spoiled\n"
        for (depth, word) in words.enumerated() {
            text += String(repeating: "  ", count: depth) + word + (depth + 1 == words.count ? ": {no: [such, thing]}\n" : ":\n")
        }
        let loaded = try load(text)
        let problem = try #require(loaded.problems.first)
        #expect(problem.file == "config/best.yaml" && problem.line == words.count + 1, "\(loaded.problems)")
        #expect(problem.keyPath == path || problem.keyPath.hasPrefix("\(path)."), "\(loaded.problems)")
        #expect(!problem.found.isEmpty && !problem.expected.isEmpty)
        #expect(loaded.configuration == nil)
    }

    @Test(arguments: BestFile.sections.map(\.name))
    func `every section refuses to be anything but a mapping`(name: String) throws {
        #expect(
            try load("\(name): 7\n").problems.first?.description.hasPrefix("config/best.yaml:1: \(name): found a number; expected a mapping of ")
                == true)
    }

    @Test func `values are read in their units`() throws {
        let text = """
            server: {host: localhost, port: 9000, data_directory: /var/lib/best, maximum_connections: 100, drain_timeout: 1m30s,
              maximum_body_bytes: 1MiB, head_timeout: 500ms, maximum_field_count: 1_000, idle_timeout: 2}
            timeouts: {connect: 2s, first_byte: 0.5, total: 1h}
            logging: {format: json, requests: false, colour: never, slow_turn: 1s}
            """
        let configuration = try #require(try load(text).configuration)
        #expect(configuration.server.host == "localhost" && configuration.server.isLoopback && configuration.server.port == 9000)
        #expect(configuration.server.dataDirectory == "/var/lib/best" && configuration.server.maximumConnections == 100)
        #expect(configuration.server.drainTimeout == .seconds(90) && configuration.server.limits.maximumBodyBytes == 1_048_576)
        #expect(configuration.server.limits.headTimeout == .milliseconds(500) && configuration.server.limits.maximumFieldCount == 1000)
        #expect(configuration.server.limits.idleTimeout == .seconds(2))
        #expect(configuration.timeouts.connect == .seconds(2) && configuration.timeouts.firstByte == .milliseconds(500))
        #expect(configuration.timeouts.total == .seconds(3600) && configuration.timeouts.idle == .seconds(60))
        #expect(
            configuration.logging
                == {
                    var logging = LoggingOptions(); logging.format = .json; logging.requests = false; logging.colour = .never;
                    logging.slowTurn = .seconds(1); return logging
                }())
    }

    @Test func `flags win over the environment, that over .env, and that over the file`() throws {
        let fixture = try ConfigurationFixture([
            "config/best.yaml": "server: {host: 127.0.0.4, port: 4, data_directory: four, drain_timeout: 4}\nlogging: {format: json}\n",
            "config/meta-providers.yaml": "providers: []\n",
        ])
        func server(_ environment: [String: String], _ flags: ConfigurationFlags = ConfigurationFlags()) -> String {
            guard let server = fixture.load(environment, flags: flags).configuration?.server else { return "" }
            return "\(server.host) \(server.port) \(server.dataDirectory) \(server.drainTimeout)"
        }
        #expect(server([:]) == "127.0.0.4 4 four 4.0 seconds")
        try fixture.write(Array("HOST=127.0.0.3\nPORT=3\nSTATE_DIRECTORY=three\n".utf8), to: ".env")
        #expect(server([:]) == "127.0.0.3 3 three 4.0 seconds")
        #expect(server(["HOST": "127.0.0.2", "PORT": "2", "STATE_DIRECTORY": "two"]) == "127.0.0.2 2 two 4.0 seconds")
        var flags = ConfigurationFlags()
        (flags.host, flags.port, flags.dataDirectory, flags.drainTimeout) = ("127.0.0.1", 1, "one", .seconds(1))
        (flags.logFormat, flags.isQuiet) = (.text, true)
        #expect(server(["HOST": "127.0.0.2", "PORT": "2", "STATE_DIRECTORY": "two"], flags) == "127.0.0.1 1 one 1.0 seconds")
        let logging = fixture.load(flags: flags).configuration?.logging
        #expect(logging?.format == .text && logging?.requests == false)
    }

    @Test(arguments: [
        ("server: {prot: 1}", "config/best.yaml:1: server.prot: unknown key; did you mean \"port\"?"),
        ("port: 1", "config/best.yaml:1: port: unknown key; did you mean server.port?"),
        ("servers: {port: 1}", "config/best.yaml:1: servers: unknown key; did you mean \"server\"?"),
        ("timeouts:\n  slow_turn: 1s", "config/best.yaml:2: timeouts.slow_turn: unknown key; did you mean logging.slow_turn?"),
        (
            "server:\n  maximum_body_bytes: 64KB",
            "config/best.yaml:2: server.maximum_body_bytes: found \"64KB\"; expected a size of 1KiB to 1GiB: bytes, or text like 64KiB, 32MiB"
        ),
        ("server: {port: 99999}", "config/best.yaml:1: server.port: found 99999; expected a whole number in 0...65535"),
        ("server: {host: 10.0.0}", "config/best.yaml:1: server.host: found \"10.0.0\"; expected an IP address or localhost"),
        ("logging: {format: jsno}", "config/best.yaml:1: logging.format: found \"jsno\"; did you mean \"json\"?"),
        (
            "timeouts: {first_byte: 10m}",
            "config/best.yaml:1: timeouts.first_byte: 10m is longer than total (5m); expected at most the total time of an attempt"
        ),
        (
            "server:\n  maximum_held_bytes: 1MiB",
            "config/best.yaml:2: server.maximum_held_bytes: less than twice maximum_body_bytes (32MiB); expected at least that: a request is held as it came and as it is sent, and one of the largest size could never be taken"
        ),
        (
            "server:\n  maximum_buffered_body_bytes: 1MiB",
            "config/best.yaml:2: server.maximum_buffered_body_bytes: less than twice maximum_body_bytes (32MiB); expected at least that: a request is held as it came and as it is sent, and one of the largest size could never be taken"
        ),
        (
            "server:\n  maximum_held_bytes: 1GiB\n  maximum_buffered_body_bytes: 2GiB",
            "config/best.yaml:3: server.maximum_buffered_body_bytes: this is the former name of maximum_held_bytes, which is given too; expected one of them"
        ),
    ])
    func `what is wrong is told with what would be right`(text: String, problem: String) throws {
        #expect(try load(text).problems.map(\.description) == [problem])
    }

    @Test(arguments: ["maximum_held_bytes", "maximum_buffered_body_bytes"])
    func `an option that was renamed is read by both names`(name: String) throws {
        let file = try load("server: {\(name): 300MiB}")
        #expect(file.problems.isEmpty && file.configuration?.server.maximumHeldBytes == 300 * 1024 * 1024)
    }

    @Test func `a size that was right by an option's former name is made right, and the warning says what it is taken for`() throws {
        for (given, most, taken) in [("32MiB", "", 64), ("63MiB", "", 64), ("1MiB", "  maximum_body_bytes: 1MiB\n", 2)] {
            let file = try load("server:\n\(most)  maximum_buffered_body_bytes: \(given)\n")
            #expect(file.problems.isEmpty && file.configuration?.server.maximumHeldBytes == taken * 1024 * 1024)
            let line = most.isEmpty ? 2 : 3
            let place = "config/best.yaml:\(line): server.maximum_buffered_body_bytes: "
            let warning = "this is the former name of maximum_held_bytes; \(given) is taken for \(taken)MiB, twice maximum_body_bytes"
            #expect(file.warnings.map(\.description).contains { $0.hasPrefix(place + warning) }, "\(file.warnings)")
        }
        #expect(try load("server: {maximum_buffered_body_bytes: 64MiB}").warnings.isEmpty)
        #expect(try load("server: {maximum_held_bytes: 63MiB}").problems.count == 1, "by the new name it is a mistake")
    }

    @Test func `an address for others without a key is told where it was given`() throws {
        let file = try load("server:\n  port: 1\n  host: 0.0.0.0\n")
        #expect(file.exposure?.description.hasPrefix("config/best.yaml:3: server.host: without any key") == true && file.problems.isEmpty)
        #expect(try load("server: {host: '::'}", ["HOST": "127.0.0.1"]).exposure == nil)
        #expect(try load("", ["HOST": "0.0.0.0"]).exposure?.description.hasPrefix("environment: HOST: without") == true)
        #expect(try load("server: {host: '::'}", ["ALLOWED_BEARER_TOKENS": "t"]).exposure == nil)
        var flags = ConfigurationFlags()
        flags.host = "0.0.0.0"
        #expect(try ConfigurationFixture().load(directory: nil, flags: flags).exposure?.description.hasPrefix("command line: --host: ") == true)
    }

    @Test func `allowed origins are read as browsers send them, and what is none is refused`() throws {
        let text = "server:\n  allowed_origins: ['https://Chat.example:443', app://obsidian.md, 'http://localhost:3000']\n"
        let origins = try load(text).configuration?.server.allowedOrigins.map(\.text)
        #expect(origins == ["https://chat.example", "app://obsidian.md", "http://localhost:3000"])
        #expect(try load("server: {allowed_origins: []}").configuration?.server.allowedOrigins == [])
        #expect(try load("server: {allowed_origins: app://x}").configuration?.server.allowedOrigins.map(\.text) == ["app://x"])
        for wrong in ["'*'", "'null'", "'https://chat.example/path'", "chat.example", "7"] {
            let problem = try #require(try load("server:\n  allowed_origins: [\(wrong)]\n").problems.first)
            #expect(problem.line == 2 && problem.keyPath == "server.allowed_origins[0]", "\(problem)")
        }
    }

    @Test(arguments: [
        (Authentication.automatic, ["ALLOWED_BEARER_TOKENS or LLMGW_ADMIN_API_KEY", "server.authentication: keys"]), (.keys, []),
        (Authentication.none, ["server.authentication: none", "server.authentication: keys"]),
    ])
    func `who needs a key decides whether other machines may be served`(authentication: Authentication, parts: [String]) throws {
        for admin in ["", "admin: {listen: '0.0.0.0:9'}\n"] {
            let host = admin.isEmpty ? "0.0.0.0" : "127.0.0.1"
            let loaded = try load("server: {authentication: \(authentication.rawValue), host: \(host)}\n" + admin)
            #expect(loaded.problems.isEmpty && loaded.readable.server.authentication == authentication)
            #expect((loaded.exposure == nil) == parts.isEmpty)
            for part in parts { #expect(loaded.exposure?.description.contains(part) == true, "\(String(describing: loaded.exposure))") }
        }
        // Where nobody is asked for a key, tokens change nothing about that.
        let none = try load("server: {authentication: none, host: '::'}\n", ["ALLOWED_BEARER_TOKENS": "t", "LLMGW_ADMIN_API_KEY": "a"])
        #expect(none.exposure != nil)
    }

    /// `maximumBodyBytes` as `maximum_body_bytes`.
    private func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { text, character in text += character.isUppercase ? "_\(character.lowercased())" : "\(character)" }
    }
}

/// The names of options without their types.
private indirect enum ConfigurationShape {
    case value
    case group([String: ConfigurationShape])

    static func of<Options>(_ options: [ConfigurationOption<Options>]) -> [String: ConfigurationShape] {
        Dictionary(
            uniqueKeysWithValues: options.map { option in
                switch option.form {
                case .value: (option.name, .value)
                case .group(let group): (option.name, .group(of(group.options)))
                }
            })
    }
}
