/// What a deployment can take and serve, as far as is known; what is not known is taken to be possible.
struct Abilities: Equatable, Sendable {
    /// What a request may need. The `stated` ones are those a provider claims, not only does not deny.
    struct Needs: OptionSet, Sendable {
        let rawValue: UInt32

        static let tools = Needs(rawValue: 1)
        static let images = Needs(rawValue: 1 << 1)
        static let audio = Needs(rawValue: 1 << 2)
        static let files = Needs(rawValue: 1 << 3)
        static let json = Needs(rawValue: 1 << 4)
        static let schemas = Needs(rawValue: 1 << 5)
        static let statedTools = Needs(rawValue: 1 << 6)
        static let statedJSON = Needs(rawValue: 1 << 7)
        static let statedSchemas = Needs(rawValue: 1 << 8)
        static let statedImages = Needs(rawValue: 1 << 9)

        /// That it serves an endpoint.
        static func endpoint(_ endpoint: Endpoint) -> Needs { Needs(rawValue: 1 << (16 + UInt32(endpoint.rawValue))) }
    }

    var can: Needs = []
    /// Tokens of context; `Int.max` when not known.
    var contextLength = Int.max

    /// What every set lies in.
    static let all = Abilities(can: Needs(rawValue: .max), contextLength: .max)

    init(can: Needs = [], contextLength: Int = .max) {
        self.can = can
        self.contextLength = contextLength
    }

    init(_ deployment: Deployment, _ quality: QualityRating) {
        let model = deployment.model
        contextLength = model.contextLength ?? quality.contextLength ?? .max
        if model.supportsTools != false { can.insert(.tools) }
        if model.supportsTools == true { can.insert(.statedTools) }
        if model.supportsJSON != false { can.insert(.json) }
        if model.supportsJSON == true { can.insert(.statedJSON) }
        if model.supportsSchemas != false { can.insert(.schemas) }
        if model.supportsSchemas == true { can.insert(.statedSchemas) }
        let inputs = model.inputModalities ?? quality.inputModalities
        if inputs?.contains(.image) ?? true { can.insert(.images) }
        if inputs?.contains(.image) ?? false { can.insert(.statedImages) }
        if inputs?.contains(.audio) ?? true { can.insert(.audio) }
        if inputs?.contains(.file) ?? true { can.insert(.files) }
        for endpoint in Endpoint.allCases where deployment.serves(endpoint) { can.insert(.endpoint(endpoint)) }
    }

    /// What both can do.
    func intersection(_ other: Abilities) -> Abilities {
        Abilities(can: can.intersection(other.can), contextLength: min(contextLength, other.contextLength))
    }
}
