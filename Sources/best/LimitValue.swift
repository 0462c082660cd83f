internal import ArgumentParser
internal import Configuration
internal import Gateway
internal import Wire

/// What can be a limit.
protocol LimitValue {
    init?(limit: String)
}
