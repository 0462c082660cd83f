/// The error of a server behind the provider, given as JSON inside a text: OpenRouter's `metadata.raw`, a
/// relay's message.
///
/// A provider may quote the request in the same way, and its author can write JSON too. So nothing in it is
/// trusted as more than words.
public struct NestedError: Equatable, Sendable {
    /// How many places where a JSON object may begin are tried.
    private static let mostTried = 3

    /// What it says; without a message where the text is cut off within it.
    public private(set) var body: UpstreamErrorBody
    /// The further details it gives.
    public private(set) var details: ErrorDetails

    /// Searches a text for it; `nil` where there is no JSON object.
    public init?(in text: String) {
        let bytes = Array(text.utf8)
        let found = bytes.withNestedObject { object, isWhole in
            NestedError(isWhole ? UpstreamErrorBody(parsing: object) : nil, ErrorDetails(parsing: object))
        }
        guard let found, found != NestedError(nil, ErrorDetails(parsing: RawSpan())) else { return nil }
        self = found
    }

    private init(_ body: UpstreamErrorBody?, _ details: ErrorDetails) {
        self.body = body ?? UpstreamErrorBody(parsing: RawSpan())
        self.details = details
    }

    /// The first JSON object in `text`, and whether all of it is there.
    fileprivate static func object(in text: RawSpan) -> (start: Int, end: Int, isWhole: Bool)? {
        var from = 0
        for _ in 0..<mostTried {
            guard let start = text.firstIndex(of: UInt8(ascii: "{"), from: from) else { return nil }
            from = start + 1
            let object = text.extracting(droppingFirst: start)
            // Python's printed form of a dictionary is not JSON.
            guard object.extracting(droppingFirst: 1).withoutSpace.byteOrZero(at: 0) == UInt8(ascii: "\"") else { continue }
            do throws(JSONError) {
                var scanner = JSONScanner(object, acceptingLoneSurrogates: true)
                let range = try scanner.skipValue()
                return (start, start + range.upperBound, true)
            } catch {
                return (start, text.byteCount, false)
            }
        }
        return nil
    }
}

extension [UInt8] {
    fileprivate func withNestedObject<R>(_ body: (RawSpan, Bool) -> R) -> R? {
        let text = span.bytes
        guard let (start, end, isWhole) = NestedError.object(in: text) else { return nil }
        return body(text.extracting(start..<end), isWhole)
    }
}
