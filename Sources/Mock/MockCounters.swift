internal import Wire

/// What one provider has counted since the start or the last reset.
struct MockCounters: Equatable {
    /// Requests of every kind.
    var requests = 0
    var chat = 0
    var completions = 0
    var embeddings = 0
    /// Streams that were started.
    var streams = 0
    /// Streams that reached their regular end.
    var streamsDone = 0
    /// Streams that are open.
    var streamsOpen = 0
    /// Content chunks sent.
    var chunks = 0
    /// Requests that were answered with an error or struck by a fault.
    var failed = 0
    /// Answers whose client left before their end.
    var cancelled = 0
    /// When the last of these was noticed, in `CLOCK_MONOTONIC` microseconds.
    var lastCancel: UInt64 = 0

    static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.requests += right.requests
        sum.chat += right.chat
        sum.completions += right.completions
        sum.embeddings += right.embeddings
        sum.streams += right.streams
        sum.streamsDone += right.streamsDone
        sum.streamsOpen += right.streamsOpen
        sum.chunks += right.chunks
        sum.failed += right.failed
        sum.cancelled += right.cancelled
        sum.lastCancel = max(left.lastCancel, right.lastCancel)
        return sum
    }

    /// Resets everything but what is still open.
    mutating func reset() {
        var fresh = Self()
        fresh.streamsOpen = streamsOpen
        self = fresh
    }

    /// Appends the members of a JSON object.
    func append(to body: inout ByteBuffer) {
        body.append("\"requests\":")
        body.append(decimal: requests)
        body.append(",\"chat\":")
        body.append(decimal: chat)
        body.append(",\"completions\":")
        body.append(decimal: completions)
        body.append(",\"embeddings\":")
        body.append(decimal: embeddings)
        body.append(",\"streams\":")
        body.append(decimal: streams)
        body.append(",\"streams_done\":")
        body.append(decimal: streamsDone)
        body.append(",\"streams_open\":")
        body.append(decimal: streamsOpen)
        body.append(",\"chunks\":")
        body.append(decimal: chunks)
        body.append(",\"failed\":")
        body.append(decimal: failed)
        body.append(",\"cancelled\":")
        body.append(decimal: cancelled)
        body.append(",\"last_cancel_us\":")
        body.append(decimal: Int(lastCancel))
    }
}

/// What one model has counted; shared by the plans for it.
final class MockModelCounters {
    var requests = 0
    var streams = 0
    var failed = 0

    /// Appends a JSON object.
    func append(to body: inout ByteBuffer) {
        body.append("{\"requests\":")
        body.append(decimal: requests)
        body.append(",\"streams\":")
        body.append(decimal: streams)
        body.append(",\"failed\":")
        body.append(decimal: failed)
        body.append("}")
    }
}
