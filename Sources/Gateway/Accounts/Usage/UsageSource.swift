/// Where the figures of a usage record come from.
public enum UsageSource: String, Sendable {
    /// The provider reported them.
    case upstream
    /// They are estimated from bytes.
    case estimated
    /// There are none.
    case none
}
