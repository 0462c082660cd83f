internal import Wire

/// The answers of the health endpoints.
enum GatewayStatus {
    /// The process lives.
    static var alive: ByteBuffer {
        var body = ByteBuffer(capacity: 32)
        body.append("{\"status\":\"ok\"}")
        return body
    }

    /// Whether requests can be served: not while draining, nor without a model. A store that is out of order is told, but does not matter for that.
    static func readiness(isDraining: Bool, models: Int, store: StoreStatus? = nil) -> Readiness {
        var body = ByteBuffer(capacity: 256)
        body.append("{\"status\":\"")
        body.append(isDraining ? "draining" : models == 0 ? "no models" : "ok")
        body.append("\",\"models\":")
        body.append(decimal: models)
        if let store { store.append(to: &body) }
        body.append("}")
        return Readiness(isReady: !isDraining && models > 0, body: body)
    }

    /// What `/readyz` answers.
    struct Readiness: ~Copyable {
        let isReady: Bool
        let body: ByteBuffer
    }
}

extension StoreStatus {
    /// Appends the member `store`. What SQLite says is left to the log: `/readyz` needs no key.
    fileprivate func append(to body: inout ByteBuffer) {
        body.append(",\"store\":{\"state\":\"")
        body.append(utf8: state.rawValue)
        body.append("\",\"trouble\":")
        if let trouble { body.append(jsonString: trouble.rawValue) } else { body.append("null") }
        body.append(",\"since\":\"")
        body.append(utf8: since.description)
        body.append("\",\"waiting_records\":")
        body.append(decimal: waitingRecords)
        body.append(",\"dropped_records\":")
        body.append(decimal: droppedRecords)
        body.append("}")
    }
}
