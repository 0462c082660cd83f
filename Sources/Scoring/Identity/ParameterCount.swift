/// The sizes in a model's name, in billions of parameters.
public struct ParameterCount: Hashable, Sendable {
    /// All parameters.
    public var total: Double?
    /// Those used for each token, in a mixture of experts (`a35b`).
    public var active: Double?

    /// The experts and their size as given in the name (`8x22b`).
    var experts: String?

    /// Nothing known.
    init() {}

    /// Takes a token such as `70b`, `0.6b`, `1t`, `270m`, `8x22b`, `a35b` or `e4b`. Returns whether it was one.
    mutating func take(_ token: String) -> Bool {
        let isActive = token.hasPrefix("a"), isEffective = token.hasPrefix("e")
        var text = token.dropFirst(isActive || isEffective ? 1 : 0)
        guard let unit = text.last, let scale = Self.scales[unit] else { return false }
        text = text.dropLast()
        let value: Double
        if let cross = text.firstIndex(of: "x") {
            guard let experts = Double(text[..<cross]), let size = Double(text[text.index(after: cross)...]) else { return false }
            // The experts share their attention layers: Mixtral 8x7b has 46.7, 8x22b 141 billion parameters.
            value = experts * size * 0.82
            self.experts = token
        } else {
            // Less than ten million is not a size: `gpt-2m` does not exist, `3m` is a company.
            guard let number = Double(text), number > 0, unit != "m" || number >= 10 else { return false }
            value = number * scale
        }
        guard Self.sizes.contains(value) else { return false }
        if isActive { active = active ?? value } else { total = total ?? value }
        return true
    }

    /// Sizes that are believed, in billions. A name is a provider's choice, and the logarithm of its size
    /// counts in the description of a model: a size of 0 would outweigh everything else.
    private static let sizes = 0.001...100_000

    private static let scales: [Character: Double] = ["b": 1, "t": 1000, "m": 0.001]

    /// The form used in canonical names: the total size, or the active one if only that is known.
    var text: String? {
        if let experts { return experts }
        if let total { return Self.text(total) }
        return active.map { "a" + Self.text($0) }
    }

    private static func text(_ billions: Double) -> String {
        if billions < 0.1 { return "\(Int((billions * 1000).rounded()))m" }
        if billions == billions.rounded() { return "\(Int(billions))b" }
        return "\((billions * 100).rounded() / 100)b"
    }
}
