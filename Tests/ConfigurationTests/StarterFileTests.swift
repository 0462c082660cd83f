import Foundation
import Gateway
import Testing

@testable import Configuration

@Suite struct StarterFileTests {
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("config/meta-providers.yaml").path

    private static func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private static func variables() throws -> [String] {
        try text().split(separator: "\n").compactMap { line in
            line.hasPrefix("  - api_key_env_var: ") ? String(line.dropFirst("  - api_key_env_var: ".count)) : nil
        }
    }

    @Test func `the committed file has no problem, and without keys every provider is skipped with one warning`() throws {
        let loaded = try loadProviders(try Self.text())
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        let configuration = try #require(loaded.configuration)
        #expect(configuration.providers.isEmpty)
        #expect(configuration.skipped.count == 19)
        #expect(loaded.warnings.count == 19)
        #expect(try configuration.skipped.map(\.variable) == Self.variables())
    }

    @Test func `with all keys set every provider is there, the original seven first of all`() throws {
        let environment = Dictionary(uniqueKeysWithValues: try Self.variables().map { ($0, "key-of-\($0)") })
        let loaded = try loadProviders(try Self.text(), environment)
        let providers = try #require(loaded.configuration?.providers)
        #expect(providers.count == 19 && loaded.warnings.isEmpty)
        #expect(Set(providers.map(\.name)).count == 19)
        #expect(providers.allSatisfy { $0.basePriority == 1 && $0.tier != nil && $0.models == nil && $0.keys.count == 1 })
        let original = [
            "COHERE_API_KEY": "https://api.cohere.ai/compatibility/v1", "GROQ_API_KEY": "https://api.groq.com/openai/v1",
            "GEMINI_API_KEY": "https://generativelanguage.googleapis.com/v1beta/openai", "OPENROUTER_API_KEY": "https://openrouter.ai/api/v1",
            "MISTRAL_API_KEY": "https://api.mistral.ai/v1", "TOGETHER_API_KEY": "https://api.together.xyz/v1",
            "CHUTES_API_KEY": "https://llm.chutes.ai/v1",
        ]
        for (variable, url) in original {
            #expect(providers.first { $0.keys.first?.variable == variable }?.baseURL.text == url)
        }
        #expect(providers.first?.modelURL?.text == "https://api.cohere.com/v1")
    }

    @Test func `the commented local examples are right too`() throws {
        let lines = try Self.text().split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0.contains("# - name: ollama") })
        let examples = lines[start...].compactMap { line -> String? in
            guard line.hasPrefix("  # "), line.dropFirst(4).hasPrefix("- ") || line.dropFirst(4).hasPrefix("  ") else { return nil }
            return "  " + line.dropFirst(4)
        }
        let loaded = try loadProviders("providers:\n" + examples.joined(separator: "\n"))
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        #expect(loaded.configuration?.providers.map(\.name) == ["ollama", "vllm", "llama.cpp"])
        #expect(loaded.configuration?.providers.allSatisfy { $0.keys.isEmpty } == true)
        #expect(loaded.configuration?.providers.last?.models?.first?.contextLength == 32_768)
    }

    @Test func `every key a provider may have is explained in the comments, as in the manual`() throws {
        #expect(try Self.text().contains("\n\(ProvidersManual.comment)\n#\n"), "write it anew: best manual meta-providers.yaml --comment")
        var keys: [String] = ProviderKey.allCases.map(\.rawValue) + KeyEntryKey.allCases.map(\.rawValue) + LimitKey.allCases.map(\.rawValue)
        keys += TimeoutKey.allCases.map(\.rawValue) + ModelKey.allCases.map(\.rawValue) + PriceTierKey.allCases.map(\.rawValue)
        for key in keys { #expect(ProvidersManual.comment.contains("\(key):") || ProvidersManual.comment.contains("\(key),"), "\(key)") }
    }

    @Test func `no line of the comment is too long to be read`() {
        #expect(ProvidersManual.comment.split(separator: "\n").allSatisfy { $0.count <= 150 })
    }
}
