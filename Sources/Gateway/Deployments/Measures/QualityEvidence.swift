/// One row of a board that speaks of a model.
public struct QualityEvidence: Sendable, Equatable {
    /// The board's name.
    public var board: String
    /// The model as the board calls it.
    public var row: String
    /// The board's own figure.
    public var value: Double
    /// How much it counts in the fit.
    public var weight: Double
    /// How old the board's data are.
    public var age: Duration?

    /// Makes a piece of evidence.
    public init(board: String, row: String, value: Double, weight: Double, age: Duration?) {
        self.board = board
        self.row = row
        self.value = value
        self.weight = weight
        self.age = age
    }
}
