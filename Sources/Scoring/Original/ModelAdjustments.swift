/// A user's adjustments: numbers for models whose ids match one of their patterns.
public struct ModelAdjustments: Sendable {
    /// One adjustment, as `model-adjustments.yaml` has it.
    public struct Adjustment: Sendable, Equatable {
        /// Its name in the file.
        public let name: String
        /// The number; above 0 for models that should come first.
        public let priority: Double
        /// Patterns that may match anywhere in an id, in any case.
        public let patterns: [String]

        /// Makes an adjustment.
        public init(name: String, priority: Double, patterns: [String]) { (self.name, self.priority, self.patterns) = (name, priority, patterns) }
    }

    /// An adjustment with its patterns compiled. A `Regex` is immutable once it is made, and these are never
    /// handed out, which makes this safe.
    private struct Compiled: @unchecked Sendable {
        let adjustment: Adjustment
        let patterns: [Regex<AnyRegexOutput>]
    }

    private let compiled: [Compiled]
    /// Compiles adjustments. An invalid regular expression is left out: the configuration's reader has refused
    /// it, and has named those that can never match.
    public init(_ adjustments: [Adjustment]) {
        compiled = adjustments.map { adjustment in
            Compiled(adjustment: adjustment, patterns: adjustment.patterns.compactMap { try? Regex($0).ignoresCase() })
        }
    }

    /// No adjustments.
    public static let none = ModelAdjustments([])

    /// The adjustments that apply to an id, in the order of the file.
    public func matching(_ id: String) -> [Adjustment] {
        compiled.filter { compiled in compiled.patterns.contains { id.contains($0) } }.map(\.adjustment)
    }

    /// The largest shift of an ability by adjustments in the default mode, whatever their numbers: half a
    /// spread of all models.
    public static let largestShift = 0.5

    /// The shift of an ability by the adjustments that apply: 0.02 for each point, bounded. A thumb on the
    /// scale, not a fist.
    ///
    /// | sum of priorities | -100 | -25 | -10 | 2 | 10 | 25 | 1000 |
    /// | shift | -0.5 | -0.5 | -0.2 | 0.04 | 0.2 | 0.5 | 0.5 |
    public func shift(_ id: String) -> Double {
        let sum = matching(id).reduce(0) { $0 + $1.priority }
        return min(max(sum * 0.02, -Self.largestShift), Self.largestShift)
    }
}
