public import EventLoop

/// Where requests go.
public struct LoadTarget: Sendable {
    /// What the report calls it.
    public var name: String
    /// The address to connect to.
    public var address: SocketAddress
    /// The `Host` field.
    public var authority: String
    /// The path that is posted to.
    public var path: String
    /// What is sent.
    public var recipe: RequestRecipe
    /// The API key; it is sent and never shown.
    public var bearer: String?

    /// Makes a target.
    public init(name: String, address: SocketAddress, authority: String, path: String, recipe: RequestRecipe, bearer: String?) {
        self.name = name
        self.address = address
        self.authority = authority
        self.path = path
        self.recipe = recipe
        self.bearer = bearer
    }

    /// The URL that is called.
    public var url: String { "http://\(authority)\(path)" }
}
