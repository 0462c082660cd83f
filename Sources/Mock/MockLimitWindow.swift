/// The window of the limit that a 429 names.
public enum MockLimitWindow: String, Equatable, Sendable, CaseIterable {
    case minute, day, month
}
