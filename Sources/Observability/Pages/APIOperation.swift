/// One route of the API with one method, as the description of the API and the page for people tell of it.
struct APIOperation: Sendable {
    /// Who may call it.
    enum Access: String, Sendable {
        case anybody = "no key"
        case client = "client key"
        case admin = "admin key"
    }

    /// What a path or query holds besides.
    struct Parameter: Sendable {
        let name: String
        let place: String
        let isRequired: Bool
        let summary: String
    }

    /// An answer that is not an error.
    struct Success: Sendable {
        var status = 200
        let summary: String
        /// Content types with the name of their schema.
        let contents: [(type: String, schema: String)]
    }

    let method: String
    /// The path with `{parameters}`.
    let path: String
    /// Whether the path is also served without its `/v1`.
    var hasShortPath = false
    let tag: String
    let summary: String
    var details = ""
    let access: Access
    var parameters: [Parameter] = []
    /// The name of the schema of the request's body.
    var body: String?
    /// Whether the body may be left out.
    var isBodyOptional = false
    let success: Success
    /// The statuses of errors, besides those that every route has.
    var errors: [Int] = []

    /// Every path the operation is served at.
    var paths: [String] { hasShortPath ? [path, String(path.dropFirst(3))] : [path] }
}
