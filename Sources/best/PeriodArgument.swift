internal import ArgumentParser
internal import Configuration
internal import Gateway
internal import Wire

/// The period of a budget on the command line.
struct PeriodArgument: ExpressibleByArgument {
    let period: KeyLimits.BudgetPeriod

    init?(argument: String) {
        guard let period = KeyLimits.BudgetPeriod(rawValue: argument) else { return nil }
        self.period = period
    }

    static var allValueStrings: [String] { KeyLimits.BudgetPeriod.allCases.map(\.rawValue) }
}
