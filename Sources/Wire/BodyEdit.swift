/// The few changes made to a request body on its way to a provider; every other byte is copied as it came.
///
/// It is made once per request and attempt from the envelope's ranges. It holds no bytes, so it can be written
/// any number of times, with each provider's name for the model.
public struct BodyEdit: Sendable {
    /// What replaces a cut.
    private enum Substitute: UInt8 {
        case nothing, model, streamOptions, firstIncludeUsage, furtherIncludeUsage, `true`

        var text: StaticString {
            switch self {
            case .nothing, .model: ""
            case .streamOptions: #"{"include_usage":true}"#
            case .firstIncludeUsage: #""include_usage":true"#
            case .furtherIncludeUsage: #""include_usage":true,"#
            case .true: "true"
            }
        }
    }

    private struct Cut {
        var start = 0
        var end = 0
        var substitute = Substitute.nothing
    }

    /// In the order of the body. At most these change: a byte order mark, `model`, the members of `Routing`,
    /// three within `provider`, and `stream_options`.
    private var cuts = InlineArray<12, Cut>(repeating: Cut())
    private var count = 0
    /// What is written around the model's name: the rest of the member where `model` is absent, and the options
    /// if they are absent too.
    private var beforeModel: StaticString = ""
    private var afterModel: StaticString = ""
    /// The length of the edited body without the model's name.
    private var fixedLength: Int

    /// Plans the edit of a body.
    ///
    /// - Parameters:
    ///   - body: The bytes that `envelope` was scanned from.
    ///   - requestUsage: Sets `stream_options.include_usage` to true if the body does not.
    ///   - keepRouting: Leaves in the body the part of `provider` that is meant for OpenRouter itself. Other
    ///     models are never named to a provider: the gateway decides which one is asked next, and no router
    ///     behind it may use what a key, a pattern or a tier forbids.
    public init(of body: RawSpan, _ envelope: RequestEnvelope, requestUsage: Bool = false, keepRouting: Bool = false) {
        fixedLength = body.byteCount
        if envelope.markLength > 0 { cut(0..<envelope.markLength, .nothing) }
        let addsOptions = requestUsage && envelope.streamOptions == nil
        if addsOptions { afterModel = #","stream_options":{"include_usage":true}"# }
        var kept = KeptMembers()
        if keepRouting, let provider = envelope.provider { kept = KeptMembers(of: provider, in: body) }
        let leaving = Leaving(envelope, exceptProvider: kept.anchor != nil)
        let place = modelPlace(envelope, in: body, leaving.first)
        cut(place.range, .model)
        fixedLength += beforeModel.utf8CodeUnitCount + afterModel.utf8CodeUnitCount
        for index in 0..<leaving.count where leaving.values[index] != place.taken {
            cut(Self.member(leaving.values[index], in: body, anchor: place.range), .nothing)
        }
        if let anchor = kept.anchor {
            for index in 0..<kept.count { cut(Self.member(kept.leaving[index], in: body, anchor: anchor), .nothing) }
        }
        if requestUsage, !envelope.asksForUsage, let options = envelope.streamOptions {
            if let value = envelope.includeUsage {
                cut(value, .true)
            } else if body[byte: options.lowerBound] == UInt8(ascii: "{") {
                let inside = options.lowerBound + 1
                cut(inside..<inside, envelope.streamOptionsAreEmpty ? .firstIncludeUsage : .furtherIncludeUsage)
            } else {
                cut(options, .streamOptions)
            }
        }
    }

    /// The values of the members that choose among models or providers; all of them are removed.
    private struct Leaving {
        var values = InlineArray<5, Range<Int>>(repeating: 0..<0)
        var count = 0

        init(_ envelope: RequestEnvelope, exceptProvider: Bool) {
            add(envelope.models)
            if !exceptProvider { add(envelope.provider) }
            add(envelope.fallbackModels)
            add(envelope.fallbacks)
            add(envelope.route)
        }

        var first: Range<Int>? { count > 0 ? values[0] : nil }

        private mutating func add(_ value: Range<Int>?) {
            guard let value else { return }
            values[count] = value
            count += 1
        }
    }

    /// What is removed from a `provider` that stays.
    private struct KeptMembers {
        /// The value of the first member that stays; `nil` where none does.
        var anchor: Range<Int>?
        /// The values of the members that are removed.
        var leaving = InlineArray<3, Range<Int>>(repeating: 0..<0)
        var count = 0

        init() {}

        init(of provider: Range<Int>, in body: RawSpan) {
            // Validated before; if reading fails here, the whole member is removed.
            do throws(JSONError) { try read(body, provider) } catch { self = KeptMembers() }
        }

        private mutating func read(_ body: RawSpan, _ provider: Range<Int>) throws(JSONError) {
            var scanner = JSONScanner(body.extracting(first: provider.upperBound))
            scanner.offset = provider.lowerBound
            guard try scanner.enterObjectOrSkip() else { return }
            while let name = try scanner.nextMember() {
                let isConsumed = ProviderPreferences.consumed.contains { name.equals($0, in: body) }
                let value = try scanner.skipValue()
                if !isConsumed {
                    if anchor == nil { anchor = value }
                } else if count < 3 {
                    leaving[count] = value
                    count += 1
                }
            }
        }
    }

    /// Where the model's name is written: in place of `model`, or else of a removed member, or else before all
    /// members.
    ///
    /// - Returns: The range, and the value of the member that it replaces.
    private mutating func modelPlace(
        _ envelope: RequestEnvelope, in body: RawSpan, _ leaving: Range<Int>?
    ) -> (range: Range<Int>, taken: Range<Int>?) {
        if envelope.hasModel { return (envelope.model, nil) }
        beforeModel = #""model":"#
        if let taken = leaving { return (Self.name(of: taken, in: body)..<taken.upperBound, taken) }
        let inside = JSONScanner.pastSpace(body, envelope.markLength) + 1
        if body[byte: JSONScanner.pastSpace(body, inside)] != UInt8(ascii: "}") {
            afterModel = afterModel.utf8CodeUnitCount == 0 ? "," : #","stream_options":{"include_usage":true},"#
        }
        return (inside..<inside, nil)
    }

    /// How many bytes `write` appends for this model: the edited body's `content-length`.
    public func length(model: RawSpan) -> Int {
        fixedLength + 2 + model.jsonEscapedLength
    }

    /// Appends the edited body.
    ///
    /// - Parameters:
    ///   - body: The bytes the edit was planned for.
    ///   - model: The provider's name for the model, as UTF-8; it is escaped here.
    public func write(_ body: RawSpan, model: RawSpan, into buffer: inout ByteBuffer) {
        buffer.reserve(length(model: model))
        var at = 0
        for index in 0..<count {
            let cut = cuts[index]
            buffer.append(body.extracting(at..<cut.start))
            if cut.substitute == .model {
                buffer.append(beforeModel)
                buffer.append(UInt8(ascii: "\""))
                buffer.append(jsonEscaped: model)
                buffer.append(UInt8(ascii: "\""))
                buffer.append(afterModel)
            }
            buffer.append(cut.substitute.text)
            at = cut.end
        }
        buffer.append(body.extracting(at..<body.byteCount))
    }

    private mutating func cut(_ range: Range<Int>, _ substitute: Substitute) {
        var place = count
        while place > 0, cuts[place - 1].start > range.lowerBound {
            cuts[place] = cuts[place - 1]
            place -= 1
        }
        cuts[place] = Cut(start: range.lowerBound, end: range.upperBound, substitute: substitute)
        count += 1
        fixedLength += substitute.text.utf8CodeUnitCount - range.count
    }

    /// The member with the value at `value`, together with one comma.
    ///
    /// A removed member before the anchor (a member that stays) takes the comma after it, one after the anchor
    /// takes the comma before it. So both commas exist, and two removed members never share one.
    private static func member(_ value: Range<Int>, in body: RawSpan, anchor: Range<Int>) -> Range<Int> {
        let name = name(of: value, in: body)
        if value.lowerBound < anchor.lowerBound {
            let comma = JSONScanner.pastSpace(body, value.upperBound)
            return name..<JSONScanner.pastSpace(body, comma + 1)
        }
        return lastPlain(body, before: name)..<value.upperBound
    }

    /// The offset of the name of the member with the value at `value`.
    private static func name(of value: Range<Int>, in body: RawSpan) -> Int {
        let colon = lastPlain(body, before: value.lowerBound)
        // The name is a known word, in which no quote is escaped.
        var name = lastPlain(body, before: colon) - 1
        while body[byte: name] != UInt8(ascii: "\"") { name -= 1 }
        return name
    }

    /// The offset of the last byte before `offset` that is not white space.
    private static func lastPlain(_ body: RawSpan, before offset: Int) -> Int {
        var at = offset - 1
        while body[byte: at] <= 0x20 { at -= 1 }
        return at
    }
}
