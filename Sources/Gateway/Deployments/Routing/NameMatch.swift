/// How the name that a request gives led to deployments.
public enum NameMatch: Int, Sendable, Comparable {
    /// It is an id, `provider/id`, an alias, a preset, or a canonical name as it stands.
    case exact
    /// It is another spelling of a canonical name: other case, a vendor before it, a word that says nothing about the model.
    case spelling
    /// It is a part of ids, the last resort.
    case substring

    /// What `x-best-trail` and explanations say; `nil` where there is nothing to say.
    var remark: StaticString? {
        switch self {
        case .exact: nil
        case .spelling: "matched by another spelling"
        case .substring: "matched by substring"
        }
    }

    /// The way in a word, for programs.
    var name: StaticString {
        switch self {
        case .exact: "exact"
        case .spelling: "spelling"
        case .substring: "substring"
        }
    }

    /// The less exact one is the greater.
    public static func < (first: NameMatch, second: NameMatch) -> Bool { first.rawValue < second.rawValue }
}
