/// The useful part of OpenRouter's `provider` object: which providers may serve a request, and in which order.
public struct ProviderPreferences: Equatable, Sendable {
    /// Providers to try first, in this order.
    public private(set) var order: [String] = []
    /// The only providers that may serve the request; empty when any may.
    public private(set) var only: [String] = []
    /// Providers that must not serve the request.
    public private(set) var ignore: [String] = []
    /// Whether providers beyond `order` may serve the request; `nil` when unspecified.
    public private(set) var allowFallbacks: Bool?
    /// Whether only providers that know every parameter may serve the request; `nil` when unspecified.
    public private(set) var requireParameters: Bool?
    /// `price`, `throughput`, `latency` or another word; `nil` when unspecified.
    public private(set) var sort: String?
    /// `max_price.prompt`: the most a million tokens of prompt may cost, in US dollars; `nil` when unspecified.
    public private(set) var maximumPromptPrice: Double?
    /// `max_price.completion`; see `maximumPromptPrice`.
    public private(set) var maximumCompletionPrice: Double?

    /// Reads the value at `range` of a validated body.
    ///
    /// Throws if it is not an object, or if it has a list that is not one of names, an invalid word, or a price
    /// that is not a number.
    init(reading body: RawSpan, at range: Range<Int>) throws(WireError) {
        let value = body.extracting(range)
        var flaw: WireError?
        do throws(JSONError) {
            if try read(value, &flaw) { return }
        } catch {
            flaw = nil
        }
        throw flaw ?? ProviderPreferences.expectation
    }

    /// What is wrong with the value at `range`; `nil` when nothing is.
    static func flaw(in body: RawSpan, at range: Range<Int>) -> WireError? {
        do throws(WireError) {
            _ = try ProviderPreferences(reading: body, at: range)
            return nil
        } catch {
            return error
        }
    }

    private static let expectation = WireError(
        "`provider` must be an object whose `order`, `only` and `ignore` are strings or arrays of at most \(NameList.maximumCount) strings and whose `max_price` "
            + "holds numbers", param: "provider")

    /// The members that the gateway carries out itself and does not pass on: they choose among the gateway's
    /// own providers, by names that mean nothing, or something else, to a router behind it.
    ///
    /// The other members stay. They only narrow a router's choice among the hosts of the one model (`ignore`,
    /// `max_price`, `data_collection`, `quantizations`, …) or put them in an order (`sort`).
    static let consumed: [StaticString] = ["order", "only", "allow_fallbacks"]

    private mutating func read(_ value: RawSpan, _ flaw: inout WireError?) throws(JSONError) -> Bool {
        var scanner = JSONScanner(value)
        var seen: UInt8 = 0
        guard try scanner.enterObjectOrSkip() else { return false }
        while let name = try scanner.nextMember() {
            for (place, known) in Self.consumed.enumerated() where name.equals(known, in: value) {
                guard seen & 1 << UInt8(place) == 0 else {
                    flaw = WireError("`provider.\(known)` is there twice: leave one", param: "provider")
                    return false
                }
                seen |= 1 << UInt8(place)
            }
            let kind = try scanner.nextKind()
            if name.equals("sort", in: value) {
                guard let word = try scanner.readTextOrSkip() else { continue }
                flaw = NameList.flaw(word, in: value, .provider("sort"))
                if flaw != nil { return false }
                sort = word.string(in: value)
                continue
            }
            let range = try scanner.skipValue()
            guard kind != .null else { continue }
            if name.equals("allow_fallbacks", in: value) {
                guard kind == .true || kind == .false else { return false }
                allowFallbacks = kind == .true
            } else if name.equals("require_parameters", in: value) {
                guard kind == .true || kind == .false else { return false }
                requireParameters = kind == .true
            } else if name.equals("order", in: value) {
                guard let names = Self.names(value, range, "order", &flaw) else { return false }
                order = names
            } else if name.equals("only", in: value) {
                guard let names = Self.names(value, range, "only", &flaw) else { return false }
                only = names
            } else if name.equals("ignore", in: value) {
                guard let names = Self.names(value, range, "ignore", &flaw) else { return false }
                ignore = names
            } else if name.equals("max_price", in: value) {
                guard try readPrices(value.extracting(range)) else { return false }
            }
        }
        return true
    }

    /// A list of names; a single name stands for a list of one.
    private static func names(_ value: RawSpan, _ range: Range<Int>, _ member: StaticString, _ flaw: inout WireError?) -> [String]? {
        if value[byte: range.lowerBound] == UInt8(ascii: "\"") { return name(value, range, member, &flaw).map { [$0] } }
        do throws(WireError) {
            return try NameList.read(value, at: range, .provider(member))
        } catch {
            flaw = error
            return nil
        }
    }

    private static func name(_ value: RawSpan, _ range: Range<Int>, _ member: StaticString, _ flaw: inout WireError?) -> String? {
        let text = value.extracting(range)
        var scanner = JSONScanner(text)
        do throws(JSONError) {
            guard let name = try scanner.readTextOrSkip() else { return nil }
            flaw = NameList.flaw(name, in: text, .provider(member))
            return flaw == nil ? name.string(in: text) : nil
        } catch {
            return nil
        }
    }

    /// Reads `max_price`: numbers, or strings that hold one, since OpenRouter accepts both.
    private mutating func readPrices(_ value: RawSpan) throws(JSONError) -> Bool {
        var scanner = JSONScanner(value)
        guard try scanner.enterObjectOrSkip() else { return false }
        while let name = try scanner.nextMember() {
            let kind = try scanner.nextKind()
            let range = try scanner.skipValue()
            let isPrompt = name.equals("prompt", in: value)
            guard isPrompt || name.equals("completion", in: value), kind != .null else { continue }
            let text = kind == .string ? value.extracting(range.lowerBound + 1..<range.upperBound - 1) : value.extracting(range)
            guard kind == .number || kind == .string, text.byteCount <= 32, let price = Double(text.text), price >= 0 else { return false }
            if isPrompt { maximumPromptPrice = min(price, ForeignNumber.price) } else { maximumCompletionPrice = min(price, ForeignNumber.price) }
        }
        return true
    }
}
