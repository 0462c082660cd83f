/// The kind of task that a board measures; quality is given for each class and for all together.
public enum TaskClass: String, Sendable, CaseIterable, Codable {
    case general, code, reasoning, tools
    case longContext = "long-context"
}

/// One column of scores of one leaderboard release.
public struct Board: Sendable, Equatable {
    /// Its name, such as `livebench 2026_01_08` or `aider polyglot`.
    public var name: String
    /// The leaderboard it belongs to; boards of one family share their weight, since they measure the same models in the same way.
    public var family: String
    /// The kind of task.
    public var task: TaskClass
    /// Whether it is a part of another board of the family, so that it adds information about its task but not
    /// about the model as a whole.
    public var isPart: Bool
    /// The day of its newest entry, in days since 2020-01-01; `nil` if unknown.
    public var day: Int?
    /// The rows.
    public var rows: [BoardRow]

    init(_ name: String, family: String, task: TaskClass, isPart: Bool = false, day: Int? = nil, rows: [BoardRow]) {
        (self.name, self.family, self.task, self.isPart, self.day, self.rows) = (name, family, task, isPart, day, rows)
    }
}

/// One model's score on a board.
public struct BoardRow: Sendable, Equatable {
    /// The model under the board's name for it, with settings.
    public var model: String
    /// The share of the highest possible score, 0…1.
    public var score: Double
    /// The day of the entry, in days since 2020-01-01.
    public var day: Int?

    /// A row from a percentage; `nil` if it is not a percentage or the name is empty.
    init?(_ model: String, percent: Double?, day: Int? = nil) {
        guard let percent, percent.isFinite, (0...100).contains(percent), !model.isEmpty else { return nil }
        (self.model, score, self.day) = (model, percent / 100, day)
    }
}
