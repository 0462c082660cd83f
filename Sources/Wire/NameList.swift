/// Lists of names in a request: `models`, and `order`, `only` and `ignore` of `provider`.
enum NameList {
    /// Names in one list. OpenRouter lists fewer than a hundred providers; the limit bounds the work for a
    /// request.
    static let maximumCount = 64
    /// Bytes of one name in the body. Twice the longest id that is accepted from a provider; every name is
    /// searched for among all ids.
    static let maximumNameBytes = 512

    /// Reads the list at `range` of a validated body.
    ///
    /// - Parameter member: What errors call the list.
    static func read(_ body: RawSpan, at range: Range<Int>, _ member: Member) throws(WireError) -> [String] {
        let value = body.extracting(range)
        var flaw: WireError?
        do throws(JSONError) {
            if let names = try read(value, member, &flaw) { return names }
        } catch {
            flaw = nil
        }
        throw flaw ?? member.error("must be an array of at most \(maximumCount) strings")
    }

    private static func read(_ value: RawSpan, _ member: Member, _ flaw: inout WireError?) throws(JSONError) -> [String]? {
        var scanner = JSONScanner(value)
        var names: [String] = []
        guard try scanner.enterArrayOrSkip() else { return nil }
        while try scanner.nextElement() {
            guard let text = try scanner.readTextOrSkip(), names.count < maximumCount else { return nil }
            flaw = self.flaw(text, in: value, member)
            if flaw != nil { return nil }
            names.append(text.string(in: value))
        }
        return names
    }

    /// What is wrong with the list at `range`; `nil` when nothing is.
    static func flaw(in body: RawSpan, at range: Range<Int>, _ member: Member) -> WireError? {
        do throws(WireError) {
            _ = try read(body, at: range, member)
            return nil
        } catch {
            return error
        }
    }

    /// What is wrong with one name; `nil` when nothing is.
    static func flaw(_ name: JSONText, in value: RawSpan, _ member: Member) -> WireError? {
        // The length first: a name that is too long need not be read.
        if name.range.count > maximumNameBytes { return member.error("must not hold a name of more than \(maximumNameBytes) bytes") }
        return name.holdsHiddenCharacter(in: value) ? member.error("must not hold a control character") : nil
    }

    /// Where in a request names are listed.
    enum Member {
        case models
        /// A member of `provider`.
        case provider(StaticString)

        /// An error about it.
        func error(_ message: String) -> WireError {
            switch self {
            case .models: WireError("`models` \(message)", param: "models")
            case .provider(let name): WireError("`provider.\(name)` \(message)", param: "provider")
            }
        }
    }
}
