internal import Wire

/// What a request asks the mock for.
enum MockEndpoint: UInt8, Sendable {
    case chat, completions, embeddings, models, model
    case stats, config, reset, last, journal
    /// Another program's check of whether the mock is up.
    case probe
    case unknown
}

/// Where a request goes: one of the providers, and what it is asked for.
struct MockRoute: Equatable {
    /// The provider's index in the fleet; `nil` if the path named none.
    var provider: Int?
    var endpoint: MockEndpoint
    /// Where in the path the model's id begins, for `model`.
    var modelStart = 0

    /// Reads a path. `prefixes` are the providers' names between slashes.
    init(path: RawSpan, prefixes: borrowing MockPrefixes) {
        if path.equals("/v1/chat/completions") {
            self.init(provider: nil, endpoint: .chat)
            return
        }
        // Checked before the providers' names, since a provider may be called `mock`.
        switch MockRoute.endpoint(path) {
        case .stats: self.init(provider: nil, endpoint: .stats)
        case .config: self.init(provider: nil, endpoint: .config)
        case .reset: self.init(provider: nil, endpoint: .reset)
        case .last: self.init(provider: nil, endpoint: .last)
        case .journal: self.init(provider: nil, endpoint: .journal)
        default: self.init(underPrefix: path, prefixes)
        }
    }

    private init(underPrefix path: RawSpan, _ prefixes: borrowing MockPrefixes) {
        var start = 0
        var found: Int?
        for index in 0..<prefixes.count where prefixes.matches(index, path) {
            found = index
            start = prefixes.length(of: index) - 1
            break
        }
        if path.extracting(droppingFirst: start).hasPrefix("/v1/") { start += 3 }
        let rest = path.extracting(droppingFirst: start)
        self.init(provider: found, endpoint: MockRoute.endpoint(rest))
        if endpoint == .model { modelStart = start + 8 }
    }

    private init(provider: Int?, endpoint: MockEndpoint) {
        self.provider = provider
        self.endpoint = endpoint
    }

    private static func endpoint(_ path: RawSpan) -> MockEndpoint {
        if path.equals("/chat/completions") { return .chat }
        if path.equals("/completions") { return .completions }
        if path.equals("/embeddings") { return .embeddings }
        if path.equals("/models") { return .models }
        if path.hasPrefix("/models/"), path.byteCount > 8 { return .model }
        if path.equals("/mock/stats") { return .stats }
        if path.equals("/mock/config") { return .config }
        if path.equals("/mock/reset") { return .reset }
        if path.equals("/mock/last") { return .last }
        if path.equals("/mock/journal") { return .journal }
        if path.equals("/health") || path.equals("/get_model_info") || path.equals("/get_server_info") || path.equals("/model_info")
            || path.equals("/server_info")
        {
            return .probe
        }
        return .unknown
    }
}

/// The path prefixes of a fleet's providers, as bytes.
struct MockPrefixes: ~Copyable {
    private var text = ByteBuffer()
    private var ranges: [Range<Int>] = []

    init(_ names: [String]) {
        for name in names {
            let start = text.count
            text.append("/")
            text.append(utf8: name)
            text.append("/")
            ranges.append(start..<text.count)
        }
    }

    var count: Int { ranges.count }

    func length(of index: Int) -> Int { ranges[index].count }

    /// Whether `path` begins with the prefix at `index`.
    func matches(_ index: Int, _ path: RawSpan) -> Bool {
        let range = ranges[index]
        return path.byteCount > range.count && path.extracting(first: range.count).equals(text.bytes.extracting(range))
    }
}
