import Gateway
import Testing

@testable import Configuration

/// Each number of each file, at the ends of what can be written: a problem that is named, or a value in its bounds; never the end of the program.
@Suite(.timeLimit(.minutes(30))) struct ForeignNumberTests {
    private static let numbers = [
        "0", "-1", "2147483648", "9007199254740992", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616",
        "1e308", "-1e308", "1e400", "1e-400", "0.1", ".nan", ".inf", "-.inf", "9223372036854775807h", "9999999999999999999999ms", "1e308s",
        "8589934592GiB", "9223372036854775807KiB",
    ]

    /// The value of a key path as a YAML mapping of its sections.
    private static func yaml(_ path: String, _ value: String) -> String {
        path.split(separator: ".").enumerated().map { String(repeating: "  ", count: $0) + "\($1):" }.joined(separator: "\n") + " \(value)\n"
    }

    /// Fails when a file is neither taken nor told.
    private func expectVerdict(_ loaded: LoadedConfiguration, _ text: String) {
        #expect((loaded.configuration == nil) == !loaded.problems.isEmpty, "\(text)")
        for problem in loaded.problems { #expect(!problem.description.isEmpty) }
    }

    @Test(arguments: BestFile.paths(of: BestFile.sections)) func `every option of best.yaml is within its bounds or a problem`(path: String) throws {
        let providers = "providers:\n  - {name: a, base_url: 'http://127.0.0.1:9/v1', models: [m]}\n"
        for number in Self.numbers {
            let files = ["config/best.yaml": Self.yaml(path, number), "config/meta-providers.yaml": providers]
            expectVerdict(try ConfigurationFixture(files).load(), "\(path): \(number)")
        }
    }

    @Test(arguments: [
        "base_priority: #", "limits: {requests_per_minute: #}", "limits: {requests_per_day: #}", "limits: {tokens_per_minute: #}",
        "limits: {tokens_per_day: #}", "limits: {tokens_per_minute: #, tokens_per_day: #, concurrency: #}", "timeouts: {connect: #}",
        "timeouts: {first_byte: #, idle: #, total: #}", "models: [{id: m, priority: #}]", "models: [{id: m, context_length: #}]",
        "models: [{id: m, max_output_tokens: #}]", "models: [{id: m, prompt_price: #, completion_price: #}]",
    ]) func `every number of a provider is within its bounds or a problem`(lines: String) throws {
        for number in Self.numbers {
            let text = "providers:\n  - name: a\n    base_url: 'http://127.0.0.1:9/v1'\n    \(lines.replacing("#", with: number))\n"
            let loaded = try loadProviders(text)
            expectVerdict(loaded, text)
            guard let provider = loaded.configuration?.providers.first else { continue }
            let counts = [
                provider.limits.requestsPerMinute, provider.limits.requestsPerDay, provider.limits.tokensPerMinute, provider.limits.tokensPerDay,
            ]
            #expect(counts.allSatisfy { (1...1_000_000_000_000).contains($0 ?? 1) } && provider.basePriority.isFinite)
            #expect((0...1_000_000).contains(provider.models?.first?.promptPrice ?? 0))
        }
    }

    @Test func `adjustments and the variables of the original are within their bounds or a problem`() throws {
        for number in Self.numbers {
            let providers = "providers:\n  - {name: a, base_url: 'http://127.0.0.1:9/v1', models: [m]}\n"
            let adjustments = "adjustments:\n  a: {priority: \(number), regex: [a]}\n"
            expectVerdict(
                try ConfigurationFixture(["config/meta-providers.yaml": providers, "config/model-adjustments.yaml": adjustments]).load(), adjustments)
            let variables = [
                "MODEL_LEADERBOARD_SCORE_SCALAR", "MODEL_PARAM_SCORE_SCALAR", "MODEL_CTX_SCORE_SCALAR", "MODEL_ADJUSTMENT_SCALAR", "PORT",
            ]
            for variable in variables {
                expectVerdict(try ConfigurationFixture(["config/meta-providers.yaml": providers]).load([variable: number]), "\(variable)=\(number)")
            }
        }
    }

    @Test func `times and sizes of any length are read or not`() {
        for number in Self.numbers + ["9223372036854775807h9223372036854775807m", "1e400h", ".h", "..s"] {
            if let duration = DurationText.parse(number) { #expect(duration >= .zero && duration < .seconds(1_000_000_000)) }
            _ = (ByteCountText.parse(number), CoreScalar.integer(number), CoreScalar.number(number))
        }
        #expect(ByteCountText.parse("9223372036854775807KiB") == nil)
    }
}
