/// A client's credential, as far as the gateway's decisions need it.
public struct VirtualKey: Sendable {
    /// The identity of a key in logs and books; never the secret.
    public struct ID: Hashable, Sendable {
        /// The text form.
        public let value: String
        /// Makes an id.
        public init(_ value: String) { self.value = value }
    }

    /// The key's identity.
    public let id: ID
    /// The name its owner gave it.
    public let name: String
    /// What it allows; `nil` where nothing is limited, as with static tokens.
    public let grant: KeyGrant?

    /// Tells it from other keys in what failures teach.
    let tag: ClientTag

    /// Its share of capacity that is scarce, beside other keys that wait for it.
    var weight: Int { grant?.weight ?? KeyGrant.usualWeight }

    /// Makes a key.
    public init(id: ID, name: String, grant: KeyGrant? = nil) {
        self.id = id
        self.name = name
        self.grant = grant
        tag = ClientTag(id)
    }

    private init(everybody name: String) {
        id = ID(name)
        self.name = name
        grant = nil
        tag = .everybody
    }

    /// Stands for the operator, who has the admin key.
    public static let admin = VirtualKey(everybody: "admin")
    /// Stands for whoever shows no key, or none that opens the gateway, where one is needed.
    public static let unknown = VirtualKey(everybody: "unknown")
    /// Stands for every client while the gateway is open.
    public static let anonymous = VirtualKey(everybody: "anonymous")
}

extension ServerOptions {
    /// The keys that the static tokens are, named by their place: `token-1` and so on.
    public var tokenKeys: [VirtualKey] {
        bearerTokens.indices.map { VirtualKey(id: VirtualKey.ID("token-\($0 + 1)"), name: "token-\($0 + 1)") }
    }
}
