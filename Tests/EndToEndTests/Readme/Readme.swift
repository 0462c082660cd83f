import Foundation
import Testing

/// The README, as its readers and these tests read it.
enum Readme {
    /// The package's folder.
    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    /// Its text.
    static let text: String = {
        guard let text = try? String(contentsOf: package.appendingPathComponent("README.md"), encoding: .utf8) else {
            preconditionFailure("the README is not where it belongs")
        }
        return text
    }()
    /// Its text without line ends, so that a sentence may be broken anywhere.
    static let words = collapsed(text)

    private static func collapsed(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }

    /// Expects that the README says a sentence, word for word: what a test proves is what stands there.
    static func says(_ sentence: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(words.contains(collapsed(sentence)), "the README does not say: \(sentence)", sourceLocation: sourceLocation)
    }

    /// The lines of its blocks of code, those of the shell one command each, whatever they are broken into.
    static let commands: [String] = blocks.filter { $0.language == nil }.flatMap { block -> [String] in
        block.text.replacing("\\\n", with: " ").split(separator: "\n").map { collapsed(String($0)) }
    }

    /// A block of code that is fenced, by its language.
    static func block(_ language: String) -> String? { blocks.first { $0.language == language }?.text }

    private static let blocks: [(language: String?, text: String)] = {
        var blocks: [(language: String?, text: String)] = []
        var fence: (language: String, lines: [String])?
        var indented: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if let open = fence {
                if line.hasPrefix("```") {
                    blocks.append((open.language, open.lines.joined(separator: "\n")))
                    fence = nil
                } else {
                    fence?.lines.append(line)
                }
            } else if line.hasPrefix("```") {
                fence = (String(line.dropFirst(3)), [])
            } else if line.hasPrefix("    "), !line.drop(while: { $0 == " " }).isEmpty {
                indented.append(String(line.dropFirst(4)))
            } else {
                if !indented.isEmpty { blocks.append((nil, indented.joined(separator: "\n"))) }
                indented = []
            }
        }
        return blocks
    }()

    /// What stands between backquotes outside of blocks of code.
    static let spans: [String] = {
        var spans: [String] = []
        var isFenced = false
        var prose = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") { isFenced.toggle() }
            if !isFenced, !line.hasPrefix("```"), !line.hasPrefix("    ") { prose += line + "\n" }
        }
        for (place, part) in prose.split(separator: "`", omittingEmptySubsequences: false).enumerated() where place % 2 == 1 {
            spans.append(collapsed(String(part)))
        }
        return spans
    }()

    /// A file of the package.
    static func file(_ path: String) throws -> String { try String(contentsOf: package.appendingPathComponent(path), encoding: .utf8) }
}

/// What the README says of the package itself, which needs no program.
@Suite struct ReadmeTextTests {
    @Test func `every link leads somewhere`() throws {
        let headings = Readme.text.split(separator: "\n").filter { $0.hasPrefix("#") }.map {
            "#" + $0.drop { $0 == "#" || $0 == " " }.lowercased().replacing(" ", with: "-").filter { $0.isLetter || $0.isNumber || $0 == "-" }
        }
        var links: [String] = []
        for part in Readme.text.components(separatedBy: "](").dropFirst() { links.append(String(part.prefix { $0 != ")" })) }
        #expect(links.count > 10)
        for link in links {
            if link.hasPrefix("#") {
                #expect(headings.contains(link), "\(link)")
            } else {
                #expect(FileManager.default.fileExists(atPath: Readme.package.appendingPathComponent(link).path), "\(link)")
            }
        }
    }

    @Test func `every command of make is a target`() throws {
        let makefile = try Readme.file("Makefile")
        let targets = Set(
            (Readme.spans + Readme.commands).flatMap { $0.components(separatedBy: " && ") }.map { $0.replacing("sudo ", with: "") }
                .filter { $0.hasPrefix("make ") }.map { String($0.dropFirst(5).prefix { $0 != " " }) })
        #expect(targets.isSuperset(of: ["run", "test", "install", "bench", "lint", "test-docs"]))
        for target in targets { #expect(makefile.contains("\n\(target):"), "make \(target)") }
        Readme.says("It passes `--demo`: where no provider has a key, a built-in fleet of mock providers answers with made-up text")
        #expect(makefile.contains("serve --demo"))
        for unit in ["best.service"] { #expect(try !Readme.file("config/systemd/\(unit)").isEmpty) }
    }

    @Test func `the tour of the source names every module in an order in which each imports only those before it`() throws {
        let rows = Readme.text.split(separator: "\n").filter { $0.hasPrefix("| `") && $0.split(separator: "|").count == 3 }
        var before: Set<String> = []
        var modules: [String] = []
        let folders = try FileManager.default.contentsOfDirectory(atPath: Readme.package.appendingPathComponent("Sources").path)
        for row in rows {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            let module = cells[0].trimmingCharacters(in: ["`"])
            guard folders.contains(module) else { continue }
            modules.append(module)
            let folder = Readme.package.appendingPathComponent("Sources/\(module)")
            var source = ""
            for name in FileManager.default.enumerator(atPath: folder.path)?.compactMap({ $0 as? String }) ?? [] where name.hasSuffix(".swift") {
                source += try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
            }
            for type in cells[2].split(separator: "`").map(String.init).filter({ $0.first?.isUppercase == true }) {
                let isThere = ["struct", "class", "enum", "protocol", "actor"].contains { source.contains("\($0) \(type)") }
                #expect(isThere, "\(module) has no \(type)")
            }
            for other in folders where other != module && !before.contains(other) {
                #expect(!source.contains("import \(other)\n"), "\(module) imports \(other), which stands behind it")
            }
            before.insert(module)
        }
        #expect(Set(modules) == Set(folders))
    }

    @Test func `every variable of the table is one that the program reads`() throws {
        let variables = [
            "ALLOWED_BEARER_TOKENS", "LLMGW_ADMIN_API_KEY", "HOST", "PORT", "META_PROVIDERS_CONFIG_FILENAME", "MODEL_ADJUSTMENTS_FILENAME",
            "PROVIDERS_CONFIG_FILENAME", "https_proxy", "no_proxy", "http_proxy", "all_proxy", "STATE_DIRECTORY",
        ]
        var source = ""
        let folder = Readme.package.appendingPathComponent("Sources/Configuration")
        for name in FileManager.default.enumerator(atPath: folder.path)?.compactMap({ $0 as? String }) ?? [] where name.hasSuffix(".swift") {
            source += try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        }
        for variable in variables {
            #expect(Readme.text.contains(variable), "\(variable)")
            #expect(source.contains("\"\(variable)\""), "\(variable)")
        }
        for row in Readme.text.split(separator: "\n") where row.hasPrefix("| `") && row.contains("_") && row.split(separator: "|").count == 2 {
            for name in row.split(separator: "|")[0].split(separator: "`").map(String.init) where name.contains("_") && !name.contains(".") {
                #expect(variables.contains(name), "\(name) has no test")
            }
        }
    }

    @Test func `every option that is named is one of the manual`() throws {
        let manual = try Readme.file("config/best.yaml")
        for option in [
            "server.allowed_origins", "server.authentication", "server.data_directory", "server.host", "server.port", "admin.listen",
            "streaming.keep_alive_interval", "scoring.mode", "metrics.public",
        ] {
            let parts = option.split(separator: ".")
            #expect(manual.contains("\n\(parts[0]):") && manual.contains("\n  \(parts[1]):"), "\(option)")
        }
        let providers = try Readme.file("config/meta-providers.yaml")
        for key in ["prompt_price", "tier", "models", "weight"] {
            #expect(Readme.text.contains("`\(key)`") ? providers.contains("\(key):") || key == "weight" : true)
        }
        #expect(providers.contains("GROQ_API_KEY") && providers.contains("GEMINI_API_KEY"), "the keys of the example")
        for name in ["best", "fast", "cheap", "code"] { #expect(manual.contains("\n    \(name):"), "the profile \(name)") }
    }

    /// What stands between backquotes is code, and code is tried: a new piece of it needs a test, here or beside.
    @Test func `every piece of code in the text is in a test`() throws {
        var tests = ""
        let folder = Readme.package.appendingPathComponent("Tests/EndToEndTests/Readme")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            tests += try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        }
        // Types and modules have a test of their own.
        let modules = try FileManager.default.contentsOfDirectory(atPath: Readme.package.appendingPathComponent("Sources").path)
        for span in Set(Readme.spans) where !modules.contains(span) {
            if span.first?.isUppercase == true, span.allSatisfy({ $0.isLetter || $0.isNumber }), Self.isType(span) { continue }
            if span.hasPrefix("make") || span.hasPrefix("config/") { continue }
            let escaped = span.replacing("\"", with: "\\\"")
            #expect(tests.contains(span) || tests.contains(escaped), "`\(span)` is in no test of the README")
        }
    }

    private static func isType(_ name: String) -> Bool { !name.allSatisfy { $0.isUppercase || $0.isNumber } }

    @Test func `every command is one that is tried`() {
        let known = [
            "make run", "curl -N http://127.0.0.1:8000/v1/chat/completions", "GROQ_API_KEY=", "GEMINI_API_KEY=", "export LLMGW_ADMIN_API_KEY=",
            "curl -X POST http://127.0.0.1:8000/admin/keys", "sudo make install", "sudo systemctl enable --now best", "best bench ",
            "best mock --port 9100",
            "best serve &",
        ]
        for command in Readme.commands { #expect(known.contains { command.hasPrefix($0) }, "\(command)") }
        for start in known { #expect(Readme.commands.contains { $0.hasPrefix(start) }, "\(start) is not in the README any more") }
    }
}
