internal import Gateway

/// Reads which rests a request means: the members of `POST /admin/rests/clear`.
struct RestRequest {
    private static let members = ["provider", "model", "key"]
    /// Longest name in bytes: the most a client's `model` may have.
    private static let longestName = 4096

    /// What is meant; everything, where the body has no members.
    private(set) var filter = RestFilter()

    /// Reads the members of a body, each a name or null.
    ///
    /// - Throws: 400, naming the member and what would be right.
    init(_ body: [UInt8]) throws(GatewayError) {
        let members = try JSONBody.members(of: body, like: "{\"provider\": \"groq\"}, or empty")
        for name in members.keys.sorted() where !RestRequest.members.contains(name) { throw JSONBody.unknown(name, among: RestRequest.members) }
        filter.provider = try RestRequest.name(members, "provider", "a provider's name, or null for every provider")
        filter.model = try RestRequest.name(members, "model", "a model's id at its provider, or null for all")
        filter.key = try RestRequest.name(members, "key", "the variable of a provider's key, like GROQ_API_KEY, or null for all")
    }

    private static func name(_ members: [String: JSONBody], _ name: String, _ expected: String) throws(GatewayError) -> String? {
        guard let value = members[name] else { return nil }
        switch value {
        case .null: return nil
        case .text(let text) where !text.isEmpty && text.utf8.count <= longestName: return text
        default: throw JSONBody.wrong(name, value, expected)
        }
    }
}
