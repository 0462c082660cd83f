import Testing

@testable import Scoring

@Suite struct IdentityTests {
    @Test(arguments: [
        (
            "claude-sonnet-4.5",
            ["anthropic/claude-sonnet-4.5", "claude-4-5-sonnet", "databricks-claude-sonnet-4-5", "us.anthropic.claude-sonnet-4-5-v1:0"]
        ),
        (
            "llama-3.3-70b",
            ["llama-3.3-70b-versatile", "meta-llama/Llama-3.3-70B-Instruct-Turbo", "meta/llama-3.3-70b-instruct", "meta-llama-3_3-70b-instruct"]
        ),
        (
            "kimi-k2.6",
            ["accounts/fireworks/models/kimi-k2p6", "moonshotai/Kimi-K2.6-TEE", "moonshotai/chat-completion/models/Kimi-K2_6", "kimi-k2-6"]
        ),
        ("gpt-oss-120b", ["openai/gpt-oss-120b:free", "gpt-oss:120b", "accounts/fireworks/models/gpt-oss-120b"]),
        ("qwen-3.6-35b", ["Qwen/Qwen3.6-35B-A3B-FP8", "qwen3-6-35b", "qwen/qwen3.6-35b-a3b"]),
        ("qwen-3-235b-thinking-2025-07", ["Qwen/Qwen3-235B-A22B-Thinking-2507-TEE", "qwen3-235b-a22b-thinking-2507"]),
        ("command-r-plus-2024-08", ["command-r-plus-08-2024", "C4AI-Command-R-Plus-08-2024", "Command R+ (08-2024)"]),
        ("gpt-4o-2024-11-20", ["gpt-4o-20241120", "openai/gpt-4o-2024-11-20"]),
        ("deepseek-v3.2", ["deepseek-ai/DeepSeek-V3.2-TEE", "deepseek-v3-2"]),
        ("gemini-2.5-pro", ["models/gemini-2.5-pro", "google/gemini-2.5-pro", "gemini-2-5-pro"]),
        ("deepseek-r1", ["us.deepseek.r1-v1:0", "deepseek/deepseek-r1:free"]),
        ("mixtral-8x7b", ["mixtral-8x7b-32768", "open-mixtral-8x7b", "mistralai/mixtral-8x7b-instruct"]),
        ("mistral-medium-2025-05", ["mistral-medium-2505", "mistralai/mistral-medium-3"]),
        ("solar-10.7b", ["upstage/solar-10_7b-instruct", "SOLAR-10.7B-Instruct"]),
    ])
    func `one model under many names has one canonical name`(canonical: String, names: [String]) {
        for name in names { #expect(ModelIdentity(parsing: name).canonical == canonical, "\(name)") }
    }

    @Test(arguments: [
        ("solar-pro3", "o3"), ("nousresearch/hermes-3-llama-3.1-405b", "llama-3.1-405b"), ("command-r", "command-r-plus"),
        ("gpt-4o", "chatgpt-4o-latest"),
        ("gpt-4o", "gpt-4o-mini"), ("gpt-4", "gpt-4-turbo"), ("codegemma-7b-it", "gemma-7b-it"), ("o1", "o1-preview"), ("qwq-32b", "qwq-32b-preview"),
        ("claude-haiku-4-5", "claude-haiku-4-5-20251001"), ("kimi-k2", "kimi-k2-thinking"), ("glm-5", "glm-5-turbo"),
        ("gemini-2.5-flash", "gemini-2.5-flash-image"),
        ("grok-4.20-0309-reasoning", "grok-4.20-0309-non-reasoning"), ("deepseek-chat", "deepseek-reasoner"), ("llama-3-8b", "llama-3.8b"),
        ("minimax-m2.7", "minimax-m2.7-highspeed"), ("gpt-oss-20b", "gpt-oss-safeguard-20b"),
    ])
    func `two models, one of whose names contains the other, stay different`(first: String, second: String) {
        #expect(ModelIdentity(parsing: first).canonical != ModelIdentity(parsing: second).canonical)
    }

    @Test func `a name is parsed into its attributes`() {
        let identity = ModelIdentity(parsing: "chutes/Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8-TEE")
        #expect(identity.vendor == "alibaba")
        #expect(identity.family == "qwen")
        #expect(identity.version == "3")
        #expect(identity.variants == ["coder"])
        #expect(identity.parameters.total == 480)
        #expect(identity.parameters.active == 35)
        #expect(identity.quantisation == "fp8")
        #expect(identity.serving == ["tee"])
        let run = ModelIdentity(parsing: "Claude Opus 4.8 (xhigh reasoning)")
        #expect(run.effort == .xhigh)
        #expect(run.canonical == "claude-opus-4.8")
        #expect(ModelIdentity(parsing: "ollama/qwen2.5-coder:32b-instruct-q8_0").quantisation == "q8_0")
        #expect(ModelIdentity(parsing: "DeepSeek R1 + claude-3-5-sonnet-20241022").isComposite)
        #expect(ModelIdentity(parsing: "claude-sonnet-4-20250514 (no thinking)").mode == .direct)
        #expect(ModelIdentity(parsing: "o3 (high)").canonical == "o3")
    }

    @Test(
        arguments: [
            ("20241022", 2024, 10, 22), ("2410", 2024, 10, nil), ("1022", nil, 10, 22), ("202411", 2024, 11, nil), ("0905", nil, 9, 5),
            ("250615", 2025, 6, 15),
        ] as [(String, Int?, Int?, Int?)])
    func `dates are read in every form`(digits: String, year: Int?, month: Int?, day: Int?) throws {
        let stamp = try #require(DateStamp(digits: digits))
        #expect((stamp.year, stamp.month, stamp.day) == (year, month, day))
    }

    @Test func `dates agree across their forms`() throws {
        let full = try #require(DateStamp(year: 2024, month: 10, day: 22))
        #expect(full.agrees(with: try #require(DateStamp(digits: "2410"))))
        #expect(full.agrees(with: try #require(DateStamp(digits: "1022"))))
        #expect(!full.agrees(with: try #require(DateStamp(digits: "2411"))))
        #expect(DateStamp(year: 2020, month: 1, day: 1)?.dayNumber == 0)
        #expect(DateStamp(year: 2026, month: 6, day: 30)?.dayNumber == 2372)
    }

    @Test func `a canonical name is its own canonical name`() {
        for name in [
            "hermes-2-pro-llama-3-8b", "meta.llama2-13b-chat-v1", "phi-3-medium-128k-instruct", "r1-4-lite", "gpt-3.5-turbo-instruct-0914",
            "claude-3-opus",
        ] {
            let canonical = ModelIdentity(parsing: name).canonical
            #expect(ModelIdentity(parsing: canonical).canonical == canonical, "\(name)")
        }
    }

    @Test func `no name makes the parser crash, wherever it is cut`() {
        for name in [
            "~anthropic/@cf/claude-3-5-sonnet:free@20241022", "////", "...", "---", "+ + +", "a.b.c", "(((", "\u{1F600}-4o", "us.", "o", "1", "v0",
            "2024-", "q",
        ] {
            for length in 0...name.utf8.count { _ = ModelIdentity(parsing: String(decoding: name.utf8.prefix(length), as: UTF8.self)).canonical }
        }
        #expect(ModelIdentity(parsing: String(repeating: "9", count: 4000)).canonical.utf8.count < 300)
    }

    @Test(.realBoards) func `pairs of models.dev are resolved as its editors resolved them`() throws {
        let pairs = try JSONTree(parsing: Leaderboards.bytes("entity-sample.json"))["pairs"]?.elements ?? []
        #expect(pairs.count > 50)
        var (both, onlyOurs, onlyTheirs) = (0.0, 0.0, 0.0)
        for (place, first) in pairs.enumerated() {
            for second in pairs[..<place] {
                let isOurs = ModelIdentity(parsing: first["id"]?.text ?? "").canonical == ModelIdentity(parsing: second["id"]?.text ?? "").canonical
                let isTheirs = first["base_model"]?.text == second["base_model"]?.text
                both += isOurs && isTheirs ? 1 : 0
                onlyOurs += isOurs && !isTheirs ? 1 : 0
                onlyTheirs += !isOurs && isTheirs ? 1 : 0
            }
        }
        #expect(both / (both + onlyOurs) >= 0.98, "precision")
        #expect(both / (both + onlyTheirs) >= 0.75, "recall")
    }
}
