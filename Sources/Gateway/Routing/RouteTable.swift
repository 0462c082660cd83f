internal import Wire

/// Which deployments can serve a model's name. Made anew when the configuration or a list of models changes, and never changed.
public struct RouteTable {
    /// What a name led to.
    struct Resolution {
        var candidates: [Deployment]
        /// Set when only the last resort found anything, as `x-best-trail` then says.
        var isBySubstring = false
    }

    /// The names that stand for a choice among all chat models.
    public static let presets = ["priority-auto", "best", "fast", "cheap", "code"]
    /// Most names in one comma-separated list or `models` array.
    static let maximumNames = 32

    /// Every deployment, best first.
    public let deployments: [Deployment]
    private var names = NameTable<[Deployment]>()
    private let auto: [Deployment]

    /// Makes the table of these deployments, which are ordered best first.
    init(_ deployments: [Deployment]) {
        self.deployments = deployments
        auto = deployments.filter(\.isChat)
        for deployment in deployments {
            var known = [deployment.model.id, "\(deployment.provider.name)/\(deployment.model.id)"]
            known += deployment.model.aliases
            for name in Set(known) { names.update(name, default: []) { $0.append(deployment) } }
        }
    }

    /// The deployments that have `name` as their id, `provider/id` or alias.
    func exact(_ name: RawSpan) -> [Deployment]? {
        names.value(name)
    }

    /// The candidates for the value of `model`, in order.
    ///
    /// - Throws: 404 for an unknown name, 400 for a preset on an endpoint that has none.
    func resolve(_ name: RawSpan, further: [String], endpoint: Endpoint) throws(GatewayError) -> Resolution {
        if further.isEmpty, let found = names.value(name) { return try filter(Resolution(candidates: found), name.text, endpoint) }
        var wanted = name.text.split(separator: ",").map { $0.trimmingSpaces }.filter { !$0.isEmpty }
        wanted += further
        guard wanted.count <= RouteTable.maximumNames else {
            throw .badRequest("`model` names \(wanted.count) models, at most \(RouteTable.maximumNames) are allowed", param: "model")
        }
        var resolution = Resolution(candidates: [])
        var missing: String?
        for name in wanted {
            guard let found = lookUp(name, endpoint) else {
                missing = missing ?? name
                continue
            }
            resolution.isBySubstring = resolution.isBySubstring || found.isBySubstring
            for deployment in found.candidates where !resolution.candidates.contains(where: { $0 === deployment }) {
                resolution.candidates.append(deployment)
            }
        }
        guard !resolution.candidates.isEmpty else {
            if wanted.contains(where: RouteTable.presets.contains) {
                if endpoint.modelKind != .chat {
                    throw .badRequest("`\(name.text)` chooses among chat models; name a model for this endpoint", param: "model")
                }
                throw GatewayError(503, .server, code: "overloaded", "no provider is ready: none is configured, or none has told its models yet")
            }
            let unknown = missing ?? name.text
            throw .unknownModel(unknown, nearest: NearestName.several(near: unknown, among: deployments.map(\.model.id)))
        }
        return try filter(resolution, name.text, endpoint)
    }

    private func lookUp(_ name: String, _ endpoint: Endpoint) -> Resolution? {
        if let found = Array(name.utf8).withBytes({ names.value($0) }) { return Resolution(candidates: found) }
        if RouteTable.presets.contains(name) {
            return endpoint.modelKind == .chat && !auto.isEmpty ? Resolution(candidates: auto) : nil
        }
        let text = name.lowercased()
        let found = deployments.filter { $0.model.id.lowercased().contains(text) }
        return found.isEmpty ? nil : Resolution(candidates: found, isBySubstring: true)
    }

    private func filter(_ resolution: Resolution, _ name: String, _ endpoint: Endpoint) throws(GatewayError) -> Resolution {
        var resolution = resolution
        if !resolution.candidates.allSatisfy({ $0.serves(endpoint) }) {
            resolution.candidates = resolution.candidates.filter { $0.serves(endpoint) }
        }
        guard let first = resolution.candidates.first else {
            throw .badRequest("the model `\(name)` does not serve \(endpoint.path)", param: "model")
        }
        // Vectors of different models can't be compared, so embeddings stay with one model.
        if endpoint == .embeddings { resolution.candidates = resolution.candidates.filter { $0.model.id == first.model.id } }
        return resolution
    }
}

extension Array<UInt8> {
    func withBytes<R>(_ body: (RawSpan) -> R) -> R { body(span.bytes) }
}

extension Substring {
    var trimmingSpaces: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
