/// What is wrong with a file of prompts.
public struct PromptFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line, from 1; 0 for the file as a whole.
    public let line: Int
    /// What was found and what would be right.
    public let reason: String

    /// The place and the reason.
    public var description: String { line == 0 ? reason : "line \(line): \(reason)" }
}
