/// The useful part of OpenRouter's `provider` object: which providers may serve a request, and in which order.
public struct ProviderPreferences: Equatable, Sendable {
    /// How many names one of the lists may have. OpenRouter lists fewer than a hundred providers; it bounds the work per request.
    public static let maximumNames = 64

    /// Providers to try first, in this order.
    public private(set) var order: [String] = []
    /// The only providers that may serve the request; empty when any may.
    public private(set) var only: [String] = []
    /// Providers that must not serve the request.
    public private(set) var ignore: [String] = []
    /// Whether providers beyond `order` may serve the request; `nil` when not said.
    public private(set) var allowFallbacks: Bool?
    /// Whether only providers that know every parameter may serve the request; `nil` when not said.
    public private(set) var requireParameters: Bool?
    /// `price`, `throughput`, `latency` or another word; `nil` when not said.
    public private(set) var sort: String?
    /// `max_price.prompt`: the most a million tokens of prompt may cost, in US dollars; `nil` when not said.
    public private(set) var maximumPromptPrice: Double?
    /// `max_price.completion`; see `maximumPromptPrice`.
    public private(set) var maximumCompletionPrice: Double?

    /// Reads the value at `range` of a body that has been validated; `nil` when it is not an object or a list in it is not one of
    /// strings.
    init?(in body: RawSpan, at range: Range<Int>) {
        let value = body.extracting(range)
        do throws(JSONError) {
            guard try read(value) else { return nil }
        } catch {
            return nil
        }
    }

    private mutating func read(_ value: RawSpan) throws(JSONError) -> Bool {
        var scanner = JSONScanner(value)
        guard try scanner.enterObjectOrSkip() else { return false }
        while let name = try scanner.nextMember() {
            let kind = try scanner.nextKind()
            if name.equals("sort", in: value) {
                sort = try scanner.readTextOrSkip()?.string(in: value)
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
                guard let names = Self.strings(in: value, at: range) else { return false }
                order = names
            } else if name.equals("only", in: value) {
                guard let names = Self.strings(in: value, at: range) else { return false }
                only = names
            } else if name.equals("ignore", in: value) {
                guard let names = Self.strings(in: value, at: range) else { return false }
                ignore = names
            } else if name.equals("max_price", in: value) {
                guard try readPrices(value.extracting(range)) else { return false }
            }
        }
        return true
    }

    /// Reads `max_price`: numbers, or strings that hold one, as OpenRouter takes both.
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

    /// The strings of the array at `range` of a body that has been validated; `nil` when it is not an array of at most
    /// `maximumNames` strings.
    static func strings(in body: RawSpan, at range: Range<Int>) -> [String]? {
        let value = body.extracting(range)
        var scanner = JSONScanner(value)
        var strings: [String] = []
        do throws(JSONError) {
            guard try scanner.enterArrayOrSkip() else { return nil }
            while try scanner.nextElement() {
                guard let text = try scanner.readTextOrSkip(), strings.count < maximumNames else { return nil }
                strings.append(text.string(in: value))
            }
        } catch {
            return nil
        }
        return strings
    }
}
