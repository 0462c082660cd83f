public import ArgumentParser
public import Bench
internal import Configuration
internal import Gateway

extension SizeDistribution: ExpressibleByArgument {
    /// Reads the argument's text form.
    public init?(argument: String) { self.init(argument) }
    /// The text form, for the help.
    public var defaultValueDescription: String { description }
}

extension ArrivalSchedule.Kind: ExpressibleByArgument {}
