/// What a health node is about: a provider, one of its keys, one of its models, or a model with one key.
struct HealthSubject: Hashable, Sendable {
    /// How much of a provider it covers. The raw values begin the identities that are kept in the store.
    enum Scope: String, Sendable {
        case provider, key, model, keyModel
    }

    let scope: Scope
    /// The provider's name.
    let provider: String
    /// The provider's address: what is known of one address is not believed of another.
    let place: String
    /// The key's variable; `nil` for a provider without keys, and where every key is meant.
    let key: String?
    /// The provider's id of the model; `nil` where every model is meant.
    let model: String?

    /// The text by which it is known in the store: `provider`, `model`, `key` or `keyModel`, then the provider's name and address, and as far as the
    /// scope has them the key and the model.
    ///
    /// - Parameter key: The key's variable with what tells it from others, `GROQ_API_KEY#1f0c9k`; `-` without one.
    func identity(key: String) -> String {
        let place = "\(scope.rawValue) \(provider) \(place)"
        let model = model ?? ""
        return switch scope {
        case .provider: place
        case .key: "\(place) \(key)"
        case .model: "\(place) \(model)"
        case .keyModel: "\(place) \(key) \(model)"
        }
    }
}

extension HealthSubject {
    /// Reads what an identity is about, where that is all there is: in a record of something that is not configured now. Names, addresses and keys hold no
    /// space, and a model stands last.
    ///
    /// - Returns: `nil` for a text of another form.
    init?(identity: String) {
        var rest = identity[...]
        func next() -> String? {
            guard !rest.isEmpty else { return nil }
            let part = rest.prefix { $0 != " " }
            rest = rest.dropFirst(part.count + 1)
            return part.isEmpty ? nil : String(part)
        }
        guard let scope = next().flatMap(Scope.init), let provider = next(), let place = next() else { return nil }
        var key: String?
        if scope == .key || scope == .keyModel {
            guard let tagged = next() else { return nil }
            key = tagged == "-" ? nil : String(tagged.prefix { $0 != "#" })
        }
        let isAboutModel = scope == .model || scope == .keyModel
        guard rest.isEmpty != isAboutModel else { return nil }
        self.init(scope: scope, provider: provider, place: place, key: key, model: isAboutModel ? String(rest) : nil)
    }
}
