/// What was left when everything had ended, and must not be.
public struct SimulationLeftovers: Error, CustomStringConvertible {
    /// Each in a line.
    public let lines: [String]

    /// The lines in one.
    public var description: String { lines.joined(separator: "; ") }
}
