import Foundation
import Testing

/// What the articles say of the code is so.
@Suite struct ArticleTests {
    @Test func `every type that an article names is there`() throws {
        let others: Set<String> = [
            "Duration", "Sendable", "String", "AsyncStream", "JSONSerialization",
            // Test targets, which stand for all of their suites.
            "ConfigurationTests", "EndToEndTests", "EventLoopTests", "HTTPServerTests", "UpstreamTests",
        ]
        var count = 0
        for path in try Project.articles() {
            for span in MarkdownText(try Project.text(path)).spans {
                guard let name = span.split(separator: ".").first.map(String.init), Self.isTypeName(name), span.first == name.first else { continue }
                count += 1
                #expect(Project.types.contains(name) || others.contains(name), "\(path) names `\(span)`")
            }
        }
        #expect(count > 80)
    }

    private static func isTypeName(_ text: String) -> Bool {
        text.first?.isUppercase == true && text.contains { $0.isLowercase } && text.allSatisfy { $0.isLetter || $0.isNumber }
    }

    @Test func `every file that an article names or links to is there`() throws {
        for path in try Project.articles() {
            let text = MarkdownText(try Project.text(path))
            let folder = Project.root.appendingPathComponent(path).deletingLastPathComponent()
            for link in text.links where !link.hasPrefix("http") && !link.hasPrefix("#") {
                let file = folder.appendingPathComponent(String(link.prefix { $0 != "#" })).standardizedFileURL
                #expect(FileManager.default.fileExists(atPath: file.path), "\(path) links to \(link)")
            }
            for span in text.spans where ["Sources/", "Tests/", "config/", ".github/", ".ci/"].contains(where: span.hasPrefix) {
                #expect(FileManager.default.fileExists(atPath: Project.root.appendingPathComponent(span).path), "\(path) names `\(span)`")
            }
        }
        let catalogue = try Project.files(below: "Sources/Gateway/Gateway.docc", endingIn: ".md").map { URL(fileURLWithPath: $0) }
        let names = Set(catalogue.map { $0.deletingPathExtension().lastPathComponent })
        for path in catalogue {
            for match in try Project.text(path.relativePath).matches(of: /<doc:(\w+)>/) { #expect(names.contains(String(match.1)), "\(match.0)") }
        }
    }

    @Test func `every command of make that an article names is a target, and every suite one that is there`() throws {
        let makefile = try Project.text("Makefile")
        var filters: Set<String> = []
        for path in try Project.articles() + ["README.md"] {
            for span in MarkdownText(try Project.text(path)).spans where span.hasPrefix("make ") {
                let words = span.split(separator: " ")
                #expect(words.count > 1 && makefile.contains("\n\(words[1]):"), "\(path): \(span)")
                for word in words where word.hasPrefix("FILTER=") { filters.insert(String(word.dropFirst(7))) }
            }
        }
        #expect(filters.count > 3)
        let suites = Project.types.filter { $0.hasSuffix("Tests") } + ["ConfigurationTests"]
        for filter in filters { #expect(suites.contains { $0.contains(filter) }, "FILTER=\(filter) fits no suite") }
    }

    @Test func `the picture of the floors is that of the list which lint goes by`() throws {
        let floors = try Project.text(".ci/floors").split(separator: "\n").filter { !$0.hasPrefix("#") }
        let article = try Project.text("Sources/Gateway/Gateway.docc/Layers.md")
        let picture = try #require(article.components(separatedBy: "```").dropFirst().first).split(separator: "\n").dropFirst()
        func columns(_ line: Substring) -> [Substring] { line.split(separator: " ") }
        #expect(picture.map(columns) == floors.reversed().map(columns), "copy it again: .ci/structure --picture")
    }

    /// The phases of a request, as the first sentence about `Gateway` lists them.
    private static func phases() throws -> [String] {
        let source = try Project.text("Sources/Gateway/Gateway.swift")
        let line = try #require(source.split(separator: "\n").first { $0.hasPrefix("/// One request from its head to its last byte: ") })
        let list = try #require(line.split(separator: ": ").last)
        return list.split(whereSeparator: { ",. ".contains($0) }).map(String.init)
    }

    @Test func `the phases of a request have one order, in the code's words, the README and the article`() throws {
        let phases = try Self.phases()
        #expect(phases == ["authenticate", "parse", "route", "admit", "attempt", "commit", "relay", "finish"])
        let readme = try Project.text("README.md")
        let section = try #require(readme.components(separatedBy: "\n## ").first { $0.hasPrefix("How a request flows") })
        #expect(section.matches(of: /(?m)^\d\. \*\*(\w+)\*\*/).map { String($0.1) } == phases)
        let article = try Project.text("Sources/Gateway/Gateway.docc/LifeOfARequest.md")
        #expect(MarkdownText(article).headings(3).map { $0.lowercased() } == phases)
        let diagram = try #require(article.components(separatedBy: "```").dropFirst().first)
        #expect(diagram.matches(of: /(?m)^ ([a-z]+)(?: |$)/).map { String($0.1) }.filter { $0 != "bytes" } == phases)
    }
}
