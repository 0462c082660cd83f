import Gateway
import Testing

@testable import best

/// What is said when serving begins.
@Suite struct StartMessageTests {
    private func provider(_ name: String) throws -> ProviderConfiguration {
        ProviderConfiguration(name: name, baseURL: try HTTPURL(parsing: "https://\(name).test/v1"))
    }

    private func message(
        _ configuration: GatewayConfiguration, counts: [String: Int] = [:], mock: String? = nil, admin: String? = nil,
        access: ClientAccess = .open, firstKey: String? = nil
    ) -> [String] {
        StartMessage(
            configuration: configuration, url: "http://127.0.0.1:8000", modelCounts: counts, mock: mock, adminPlace: admin, access: access,
            firstKeyTarget: firstKey
        ).lines
    }

    @Test func `it says what is served, by whom and where, and how to try it`() throws {
        let configuration = GatewayConfiguration(
            providers: [try provider("groq"), try provider("cerebras")], skipped: [SkippedProvider(name: "openai", variable: "OPENAI_API_KEY")])
        let lines = message(configuration, counts: ["groq": 2])
        #expect(
            lines[0] == "best \(BuildInformation.version) serves 2 models of 2 providers on \(Terminal.styled("http://127.0.0.1:8000/v1", .bold))")
        #expect(lines[1...2] == ["providers: groq (2), cerebras (0)", "not used for want of a key: openai (OPENAI_API_KEY)"])
        #expect(
            lines.dropLast().last == "try it:"
                && lines.last?.hasPrefix("  curl -N http://127.0.0.1:8000/v1/chat/completions -H 'Content-Type") == true)
    }

    @Test func `one is told as one`() throws {
        let lines = message(GatewayConfiguration(providers: [try provider("a")]), counts: ["a": 1])
        #expect(lines[0].contains(" serves 1 model of 1 provider on "))
    }

    @Test func `many providers are named in part, with how many there are besides`() throws {
        let providers = try (1...15).map { try provider("p\($0)") }
        let lines = message(GatewayConfiguration(providers: providers))
        #expect(lines[1].hasSuffix("p11 (0), p12 (0) and 3 others"))
    }

    @Test func `mock providers are said to be that, with the keys that would end it`() throws {
        let skipped = ["A", "B", "C", "D"].map { SkippedProvider(name: $0.lowercased(), variable: $0) }
        let lines = message(GatewayConfiguration(providers: [try provider("a")], skipped: skipped), mock: "--demo asks for it")
        #expect(
            lines[1] == "demonstration: the built-in mock providers answer with made-up text (--demo asks for it); set one of A, B, C or 1 other")
        #expect(!lines.contains { $0.hasPrefix("providers:") || $0.hasPrefix("not used") })
    }

    @Test func `where a key is needed the command to try it has one`() throws {
        var access = ClientAccess()
        access.activeKeys = 2
        let lines = message(GatewayConfiguration(providers: [try provider("a")]), access: access)
        #expect(lines.last?.contains(" -H \"Authorization: Bearer $KEY\" ") == true && lines.contains("a key is needed: there are 2 keys"))
    }

    @Test func `the operator's own listener is named with what is there`() throws {
        var configuration = GatewayConfiguration(providers: [try provider("a")])
        #expect(message(configuration, admin: "unix:/run/s").contains("metrics (no /admin/: LLMGW_ADMIN_API_KEY is not set) on unix:/run/s"))
        configuration.server.adminKey = Secret("adm1n")
        #expect(message(configuration, admin: "http://127.0.0.1:9001").contains("/admin/ and metrics on http://127.0.0.1:9001"))
    }
}

/// What clients need, what became of their keys, and how the first is made.
@Suite struct AccessMessageTests {
    private func lines(_ access: ClientAccess, firstKey: String? = nil, _ change: (inout GatewayConfiguration) -> Void = { _ in }) -> [String] {
        var configuration = GatewayConfiguration()
        change(&configuration)
        return AccessMessage(configuration: configuration, access: access, firstKeyTarget: firstKey).lines
    }

    @Test func `an open gateway says until when it is one`() {
        #expect(
            lines(.open) == [
                "no key is needed: open to this machine only, until the first key is made (best keys create NAME), or ALLOWED_BEARER_TOKENS or "
                    + "LLMGW_ADMIN_API_KEY is set"
            ])
        #expect(lines(.open) { $0.server.dataDirectory = "it's" }[0].contains(#"(best keys create NAME --data 'it'\''s')"#))
        #expect(lines(.open) { $0.store.kind = .memory }[0].hasSuffix("the shell makes no keys (store.kind: memory)"))
        var kept = ClientAccess.open
        kept.activeKeys = 1
        #expect(
            lines(kept) { $0.server.authentication = .none } == [
                "no key is needed, though there are keys (server.authentication: none): open to this machine only"
            ])
    }

    @Test(arguments: [
        (1, 0, 1, "there is 1 key"), (2, 0, 2, "there are 2 keys"), (0, 1, 0, "there is 1 static token"),
        (3, 2, 3, "there are 3 keys and 2 static tokens"),
        (1, 1, 1, "there are 1 key and 1 static token"),
    ])
    func `keys and tokens are counted`(active: Int, tokens: Int, kept: Int, words: String) {
        var access = ClientAccess()
        (access.activeKeys, access.tokens, access.keptKeys) = (active, tokens, kept)
        #expect(lines(access) == ["a key is needed: \(words)"])
    }

    @Test func `keys of which none opens anything are told apart from none`() {
        var access = ClientAccess()
        access.keptKeys = 3
        let told = lines(access)
        #expect(told[0] == "a key is needed, and all of the 3 there are have expired or were revoked")
        #expect(told[1...] == ["there is no client key yet; this makes the first:", "  best keys create first"])
        #expect(lines(ClientAccess())[0] == "a key is needed, and there is none")
        #expect(
            lines(ClientAccess(), firstKey: "http://127.0.0.1:8000/admin/keys")[2]
                .hasPrefix("  curl -X POST http://127.0.0.1:8000/admin/keys -H \"X-Admin-API-Key: $LLMGW_ADMIN_API_KEY\""))
        #expect(lines(ClientAccess()) { $0.store.kind = .memory }.last?.contains("or nobody is served") == true)
    }

    @Test func `keys that can't be read are not told as none`() {
        var access = ClientAccess()
        access.keysAreKnown = false
        #expect(lines(access) == ["a key is needed, and the keys can't be read at the moment; until then nothing opens the gateway"])
        access.tokens = 1
        #expect(lines(access) == ["a key is needed, and the keys can't be read at the moment; until then the static tokens open the gateway"])
    }

    @Test func `keys that were lost are told with what can be done`() {
        var access = ClientAccess()
        access.history = .held
        #expect(lines(access)[1].contains("data has held keys") && lines(access)[1].contains("put data/best.db back from a copy"))
        #expect(lines(access) { $0.store.kind = .memory }[1].contains("store.kind: memory does not read them"))
        access.keptKeys = 1
        #expect(!lines(access).contains { $0.contains("has held keys") })
        access.history = .unknown("the disk is gone")
        #expect(lines(access)[1].contains("nobody can say whether data ever held one: the disk is gone"))
        #expect(!lines(access) { $0.server.authentication = .keys }.contains { $0.contains("nobody can say") })
    }
}

extension ClientAccess {
    /// A gateway that serves everybody.
    fileprivate static var open: ClientAccess {
        var access = ClientAccess()
        access.isOpen = true
        return access
    }
}
