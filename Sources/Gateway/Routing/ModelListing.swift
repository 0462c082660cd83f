internal import Wire

/// The bodies of `GET /v1/models` and `GET /v1/models/{id}`.
struct ModelListing {
    /// What `created` says, in seconds since 1970, for models whose provider does not say when they came out.
    let createdAt: Int

    /// The list: the virtual models, then each id once, best first.
    func all(_ table: RouteTable) -> ByteBuffer {
        var listing = ByteBuffer()
        listing.append("{\"object\":\"list\",\"data\":[")
        var seen: Set<String> = []
        if !table.deployments.isEmpty {
            for name in table.presets where seen.insert(name).inserted {
                if seen.count > 1 { listing.append(",") }
                append(name, to: &listing)
            }
        }
        for deployment in table.deployments where seen.insert(deployment.model.id).inserted {
            if seen.count > 1 { listing.append(",") }
            append(deployment, to: &listing)
        }
        listing.append("]}")
        return listing
    }

    /// One model; `nil` when there is none of this name.
    func entry(_ name: String, _ table: RouteTable) -> ByteBuffer? {
        var buffer = ByteBuffer()
        if table.presets.contains(name), !table.deployments.isEmpty {
            append(name, to: &buffer)
        } else if let deployment = table.exact(Array(name.utf8).span.bytes)?.first {
            append(deployment, to: &buffer)
        } else {
            return nil
        }
        return buffer
    }

    private func append(_ preset: String, to buffer: inout ByteBuffer) {
        append(preset, created: createdAt, owner: "proxy-system", to: &buffer)
        buffer.append("}")
    }

    private func append(_ deployment: Deployment, to buffer: inout ByteBuffer) {
        let model = deployment.model
        append(model.id, created: model.created ?? createdAt, owner: deployment.provider.configuration.baseURL.host, to: &buffer)
        if let contextLength = model.contextLength {
            buffer.append(",\"context_length\":")
            buffer.append(decimal: contextLength)
        }
        buffer.append("}")
    }

    private func append(_ id: String, created: Int, owner: String, to buffer: inout ByteBuffer) {
        buffer.append("{\"id\":")
        buffer.append(jsonString: id)
        buffer.append(",\"object\":\"model\",\"created\":")
        buffer.append(decimal: created)
        buffer.append(",\"owned_by\":")
        buffer.append(jsonString: owner)
    }
}
