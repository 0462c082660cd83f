/// Ways in which a provider differs from the API it claims to speak.
public struct ProviderQuirks: OptionSet, Hashable, Sendable {
    /// One bit for each quirk.
    public let rawValue: UInt32

    /// Makes a set from its bits.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// It refuses `stream_options`, so usage cannot be asked for in a stream.
    public static let noStreamOptions = ProviderQuirks(rawValue: 1 << 0)
    /// It understands OpenRouter's `provider`, of which it gets what chooses among the hosts of one model: all but `order`, `only` and `allow_fallbacks`.
    public static let openRouter = ProviderQuirks(rawValue: 1 << 1)

    /// Every quirk with its name in the configuration file.
    public static let names: [(name: String, quirk: ProviderQuirks)] = [
        ("no_stream_options", .noStreamOptions),
        ("openrouter", .openRouter),
    ]
}
