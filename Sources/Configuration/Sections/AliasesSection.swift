internal import Gateway

/// `aliases`: the operator's own names for models and profiles.
enum AliasesSection {
    static var section: ConfigurationOption<GatewayConfiguration> {
        .value(
            "aliases",
            """
            Names of your own that clients may ask for, and what they stand for: a profile (fast), a model, or a list of them that is tried in \
            order. A name in which * stands for any text is a pattern, for clients whose models can't be set: {claude-*haiku*: fast, \
            gpt-4o*: [llama-3.3-70b, best], house: groq/llama-3.3-70b-versatile}. Case does not matter; a plain name goes before a pattern, and of patterns \
            the first one that fits counts. An alias goes before what providers call their models; `provider/id` still means the model itself. \
            A key that may use the name may use what it stands for. Plain names are shown in GET /v1/models.
            """,
            accepts: "a mapping of names to a text or a list", spell: spell, read: read)
    }

    private static func spell(_ configuration: GatewayConfiguration) -> String {
        let entries = configuration.aliases.map { alias in
            let targets = alias.targets.map(TextValue.spell).joined(separator: ", ")
            return "\(TextValue.spell(alias.name)): \(alias.targets.count == 1 ? targets : "[\(targets)]")"
        }
        return "{\(entries.joined(separator: ", "))}"
    }

    private static func read(_ value: ConfigurationValue, _ configuration: inout GatewayConfiguration) {
        if value.isNull { return configuration.aliases = [] }
        guard case .mapping = value.node.content else {
            return value.report("found \(value.node.kind)", expected: "expected a mapping of names to what they stand for")
        }
        guard let pairs = value.pairs(atMost: ModelAlias.maximumCount) else { return }
        var lines: [String: Int] = [:]
        configuration.aliases = pairs.compactMap { name, value in
            guard let name = readName(name, value) else { return nil }
            if let line = lines[name.lowercased()] {
                value.report("the same name as on line \(line)", expected: "keep one; names do not differ by case")
                return nil
            }
            lines[name.lowercased()] = value.node.mark.line
            guard let targets = readTargets(value) else { return nil }
            return ModelAlias(name, targets: targets)
        }
    }

    private static func readName(_ name: String, _ value: ConfigurationValue) -> String? {
        let shown = SafeQuotation.quoteValue(name) ?? "this"
        let expected = "expected a name of at most \(ModelAlias.maximumNameBytes) bytes without commas and white space at its ends, with or without *"
        guard !name.isEmpty, name.utf8.count <= ModelAlias.maximumNameBytes, !name.contains(","), name.first?.isWhitespace == false,
            name.last?.isWhitespace == false, !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else {
            value.report("\(shown) can't be an alias", expected: expected)
            return nil
        }
        guard !ScoringProfiles.reserved.contains(name.lowercased()) else {
            value.report("\(shown) is one of the gateway's own names", expected: "expected another name")
            return nil
        }
        guard name.contains(where: { $0 != "*" }) else {
            value.report("\(shown) fits every name", expected: "expected a name, or a pattern with some text beside the *")
            return nil
        }
        return name
    }

    private static func readTargets(_ value: ConfigurationValue) -> [String]? {
        let expected = "the name of a profile or of a model"
        guard let elements = value.elements(atMost: ModelAlias.maximumTargets, orSingle: true) else { return nil }
        var targets: [String] = []
        for element in elements {
            guard let text = element.text(expected) else { return nil }
            // As in a request, a comma separates names.
            let names = text.split(separator: ",").map { $0.drop { $0 == " " } }.map { name in
                var name = name
                while name.last == " " { name.removeLast() }
                return String(name)
            }
            guard !names.isEmpty, names.allSatisfy({ !$0.isEmpty && !$0.contains("*") }) else {
                element.report("found \(element.node.sighting)", expected: "expected \(expected), without *")
                return nil
            }
            targets += names.filter { !targets.contains($0) }
        }
        guard targets.count <= ModelAlias.maximumTargets else {
            value.report("found \(targets.count) names", expected: "expected at most \(ModelAlias.maximumTargets)")
            return nil
        }
        return targets
    }

    /// What is impossible about the aliases together with the rest of the file.
    static func contradictions(_ configuration: GatewayConfiguration) -> [Contradiction] {
        let plain = Set(configuration.aliases.filter(\.isPlain).map { $0.name.lowercased() })
        let own = Set(configuration.scoring.profiles.own.keys.map { $0.lowercased() })
        return configuration.aliases.flatMap { alias -> [Contradiction] in
            let name = SafeQuotation.quoteValue(alias.name) ?? "an alias"
            if own.contains(alias.name.lowercased()) {
                return [
                    Contradiction(
                        key: "aliases", found: "\(name) is a profile of scoring.profiles.own", expected: "give the alias or the profile another name")
                ]
            }
            return alias.targets.filter { plain.contains($0.lowercased()) && $0.lowercased() != alias.name.lowercased() }.map { target in
                Contradiction(
                    key: "aliases", found: "\(name) stands for \(SafeQuotation.quoteValue(target) ?? "another alias"), which is an alias itself",
                    expected: "name what that one stands for")
            }
        }
    }
}
