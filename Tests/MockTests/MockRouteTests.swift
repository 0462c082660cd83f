import Testing
import Wire

@testable import Mock

@Suite struct MockRouteTests {
    private func route(_ path: String) -> (provider: Int?, endpoint: MockEndpoint, model: String) {
        var buffer = ByteBuffer()
        buffer.append(utf8: path)
        let route = MockRoute(path: buffer.bytes, prefixes: MockPrefixes(["mock", "other"]))
        return (route.provider, route.endpoint, route.modelStart == 0 ? "" : String(path.dropFirst(route.modelStart)))
    }

    @Test(
        arguments: [
            ("/v1/chat/completions", nil, MockEndpoint.chat), ("/chat/completions", nil, .chat), ("/other/v1/chat/completions", 1, .chat),
            ("/other/completions", 1, .completions), ("/mock/v1/embeddings", 0, .embeddings), ("/v1/models", nil, .models),
            ("/mock/stats", nil, .stats),
            ("/other/mock/config", 1, .config), ("/mock/last", nil, .last), ("/mock/reset", nil, .reset), ("/health", nil, .probe),
            ("/", nil, .unknown),
            ("/others/v1/models", nil, .unknown), ("/v1/models/", nil, .unknown), ("/mock", nil, .unknown),
        ] as [(String, Int?, MockEndpoint)])
    func `a path leads to a provider and an endpoint`(path: String, provider: Int?, endpoint: MockEndpoint) {
        let found = route(path)
        #expect(found.provider == provider)
        #expect(found.endpoint == endpoint)
    }

    @Test func `a model's id is the rest of its path`() {
        #expect(route("/v1/models/vendor%2Fx").model == "vendor%2Fx")
        #expect(route("/other/v1/models/a/b").model == "a/b")
        #expect(route("/models/x").endpoint == .model)
    }
}
