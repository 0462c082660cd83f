public import EventLoop

/// Where requests go.
public struct LoadTarget: Sendable {
    /// Its name in the report.
    public var name: String
    /// The address to connect to.
    public var address: SocketAddress
    /// The `Host` field.
    public var authority: String
    /// The path that is posted to.
    public var path: String
    /// The requests to send.
    public var recipe: RequestRecipe
    /// The API key; it is sent but never shown.
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
