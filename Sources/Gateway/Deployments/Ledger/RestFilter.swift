/// Which rests are meant: all that fulfil each condition that is given, or all.
public struct RestFilter: Equatable, Sendable {
    /// Those of one provider, by its name.
    public var provider: String?
    /// Those of one model, by its provider's id, with one key or with every key; not those of the provider or of its keys.
    public var model: String?
    /// Those of one key, by its variable, with one model or with every model.
    public var key: String?

    /// Makes a filter that all rests fulfil.
    public init() {}

    /// Whether all rests are meant.
    public var isEmpty: Bool { provider == nil && model == nil && key == nil }

    /// Whether the rests of something are meant. What can't be told is meant only where everything is.
    func matches(_ subject: HealthSubject?) -> Bool {
        guard let subject else { return isEmpty }
        return (provider == nil || provider == subject.provider) && (model == nil || model == subject.model) && (key == nil || key == subject.key)
    }

    /// Whether a rest is meant.
    func matches(_ report: RestReport) -> Bool {
        (provider == nil || provider == report.provider) && (model == nil || model == report.model) && (key == nil || key == report.key)
    }
}
