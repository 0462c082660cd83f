internal import Glibc
internal import Wire

/// The answers of the health endpoints.
enum GatewayStatus {
    /// The process lives.
    static var alive: ByteBuffer {
        var body = ByteBuffer(capacity: 32)
        body.append("{\"status\":\"ok\"}")
        return body
    }

    /// Whether requests can be served: not while draining, nor without a model.
    static func readiness(isDraining: Bool, models: Int) -> Readiness {
        var body = ByteBuffer(capacity: 64)
        body.append("{\"status\":\"")
        body.append(isDraining ? "draining" : models == 0 ? "no models" : "ok")
        body.append("\",\"models\":")
        body.append(decimal: models)
        body.append("}")
        return Readiness(isReady: !isDraining && models > 0, body: body)
    }

    /// What `/readyz` answers.
    struct Readiness: ~Copyable {
        let isReady: Bool
        let body: ByteBuffer
    }
}

/// The time of day, for what people and clients read; durations are measured on the loop's clock.
enum WallClock {
    /// Whole seconds since 1970 (UTC).
    static var secondsSinceEpoch: Int { time(nil) }
}
