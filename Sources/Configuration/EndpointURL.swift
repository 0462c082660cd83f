internal import Gateway

/// Reads the place of an API, and puts right what stands behind it or twice in it: people copy the address of a request.
///
/// | written | used |
/// | --- | --- |
/// | `https://a.example/v1/chat/completions`, `…/v1/models/` | `https://a.example/v1` |
/// | `https://a.example/v1/v1` | `https://a.example/v1` |
/// | `https://a.example//v1` | `https://a.example/v1` |
///
/// What follows a base address is known. A single word, such as `models`, may also be where an API begins, as at Azure's
/// `https://NAME.services.ai.azure.com/models`; it is a request's behind a version only. Two, such as `chat/completions`, are in any case. What was put
/// right is a warning, which names what is used.
struct EndpointURL {
    /// Gets what was put right.
    let warnings: ProblemReporter

    /// The place that a value means; `nil` after a report.
    func read(_ value: ConfigurationValue?) -> HTTPURL? {
        guard let value, let text = value.text("a URL", atMost: HTTPURL.maximumLength) else { return nil }
        guard let (url, isMended) = EndpointURL.parse(text) else { return value.url() }
        if isMended {
            warnings.report(
                at: value.node.mark, value.path, found: "it is the address of a request or has something twice, not where the API begins",
                expected: "\(url) is used; write that")
        }
        return url
    }

    /// The place that a text means and whether something was put right; `nil` when it is none.
    static func parse(_ text: String) -> (url: HTTPURL, isMended: Bool)? {
        let plain = String(text.trimming { $0.isWhitespace })
        var isMended = false
        guard let url = (try? HTTPURL(parsing: plain)) ?? (try? HTTPURL(parsing: withoutEmptySegments(plain))) else { return nil }
        if (try? HTTPURL(parsing: plain)) == nil { isMended = true }
        var segments = url.path.split(separator: "/").map(String.init)
        while let count = surplus(segments) {
            segments.removeLast(count)
            isMended = true
        }
        guard isMended else { return (url, false) }
        let path = segments.isEmpty ? "" : "/" + segments.joined(separator: "/")
        let end = url.text.utf8.count - url.path.utf8.count
        guard let mended = try? HTTPURL(parsing: String(decoding: url.text.utf8.prefix(end), as: UTF8.self) + path) else { return nil }
        return (mended, true)
    }

    /// How many segments at the end do not belong to a base.
    private static func surplus(_ segments: [String]) -> Int? {
        let lower = segments.suffix(3).map { $0.lowercased() }
        for endpoint in endpoints where lower.count >= endpoint.count && Array(lower.suffix(endpoint.count)) == endpoint {
            guard endpoint.count > 1 || segments.dropLast().contains(where: { isVersion($0.lowercased()) }) else { continue }
            return endpoint.count
        }
        // `…/v1/v1`, and `…/v1/chat` without its second half.
        guard lower.count >= 2 else { return nil }
        let (last, before) = (lower[lower.count - 1], lower[lower.count - 2])
        return isVersion(before) && (last == before || last == "chat") ? 1 : nil
    }

    /// Whether a segment is a version: `v1`, `v1beta`, `v1alpha2`.
    private static func isVersion(_ segment: String) -> Bool {
        guard segment.utf8.first == UInt8(ascii: "v") else { return false }
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        let rest = segment.utf8.dropFirst()
        let stage = rest.drop(while: isDigit)
        guard stage.count < rest.count else { return false }
        return stage.isEmpty || ["alpha", "beta"].contains { stage.starts(with: $0.utf8) && stage.dropFirst($0.utf8.count).allSatisfy(isDigit) }
    }

    private static func withoutEmptySegments(_ text: String) -> String {
        guard let mark = text.firstRange(of: "://") else { return text }
        return text[..<mark.upperBound] + text[mark.upperBound...].split(separator: "/").joined(separator: "/")
    }

    /// What follows a base in a request, the longest first. `/messages` is Anthropic's.
    private static let endpoints = [
        ["chat", "completions"], ["images", "generations"], ["images", "edits"], ["audio", "speech"], ["audio", "transcriptions"],
        ["audio", "translations"], ["completions"], ["embeddings"], ["responses"], ["moderations"], ["rerank"], ["messages"], ["models"],
    ]
}

extension String {
    fileprivate func trimming(_ isSurplus: (Character) -> Bool) -> Substring {
        var text = self[...]
        while let first = text.first, isSurplus(first) { text.removeFirst() }
        while let last = text.last, isSurplus(last) { text.removeLast() }
        return text
    }
}
