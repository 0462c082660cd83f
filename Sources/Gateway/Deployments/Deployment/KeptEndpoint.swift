internal import Wire

/// What is kept over a restart of an endpoint that a provider has turned out not to have: at which address, and until when it holds for everybody.
struct KeptEndpoint: Equatable {
    var provider = ""
    /// The provider's address, by which it is known again.
    var url = ""
    var endpoint = Endpoint.responses
    var status = 404
    /// Since when and until when, in milliseconds since the Unix epoch.
    var since = 0
    var until = 0

    func write(into buffer: inout ByteBuffer) {
        buffer.append("{\"provider\":")
        buffer.append(jsonString: provider)
        buffer.append(",\"url\":")
        buffer.append(jsonString: url)
        buffer.append(",\"endpoint\":")
        buffer.append(jsonString: endpoint.path)
        for (name, value) in [("status", status), ("since", since), ("until", until)] {
            buffer.append(",")
            buffer.append(jsonString: name)
            buffer.append(":")
            buffer.append(decimal: value)
        }
        buffer.append("}")
    }

    /// Reads the members of one whose bracket has been passed; `nil` where one is missing or means nothing.
    static func read(_ scanner: inout JSONScanner, _ text: RawSpan) throws(JSONError) -> KeptEndpoint? {
        var kept = KeptEndpoint()
        var endpoint: Endpoint?
        while let member = try scanner.nextMember() {
            if member.equals("provider", in: text) {
                kept.provider = try scanner.readTextOrSkip()?.string(in: text) ?? ""
            } else if member.equals("url", in: text) {
                kept.url = try scanner.readTextOrSkip()?.string(in: text) ?? ""
            } else if member.equals("endpoint", in: text) {
                let path = try scanner.readTextOrSkip()?.string(in: text)
                endpoint = Endpoint.allCases.first { $0.path == path }
            } else {
                guard let value = try scanner.readIntegerOrSkip(atMost: ForeignNumber.epochMilliseconds), value >= 0 else { continue }
                if member.equals("status", in: text) { kept.status = min(value, 599) }
                if member.equals("since", in: text) { kept.since = value }
                if member.equals("until", in: text) { kept.until = value }
            }
        }
        guard let endpoint, endpoint != .chatCompletions, !kept.provider.isEmpty, !kept.url.isEmpty, kept.until > 0 else { return nil }
        kept.endpoint = endpoint
        return kept
    }
}
