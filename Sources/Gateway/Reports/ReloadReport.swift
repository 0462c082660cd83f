/// What came of reading the configuration again.
public struct ReloadReport: Equatable, Sendable {
    /// What is wrong, each in one line with its place; while there is anything the configuration of before stays in use.
    public var problems: [String]
    /// What differs but takes effect only after a restart, and what else the operator should know.
    public var notes: [String]
    /// What the new configuration changed, in a few words; empty when it was refused.
    public var changes: String

    /// Whether the new configuration is in use.
    public var isApplied: Bool { problems.isEmpty }

    /// Makes a report.
    public init(problems: [String] = [], notes: [String] = [], changes: String = "") {
        self.problems = problems
        self.notes = notes
        self.changes = changes
    }
}
