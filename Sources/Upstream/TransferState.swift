/// Where one request on a connection stands, and what an end of the connection means for it.
struct TransferState: Equatable, Sendable {
    enum Phase: Equatable, Sendable {
        /// Waits for a connection.
        case connecting
        /// The request is on its way; no byte of an answer has come.
        case waiting
        /// Bytes of an answer have come.
        case answering
        case ended
    }

    /// What an end of the connection means.
    enum Loss: Equatable, Sendable {
        /// An idle connection had been closed by the provider before the request came: send it once more, on a new one. Not an attempt.
        case sendAgain
        case failed(UpstreamFailureKind)
        /// The end of the connection was the end of the answer.
        case complete
        case ignored
    }

    /// The kinds of failure an end can mean.
    enum UpstreamFailureKind: Equatable, Sendable {
        case closedBeforeAnswer, truncated
    }

    private(set) var phase = Phase.connecting
    private var isReused = false
    private var wasSentAgain = false

    /// A connection is there.
    mutating func connected(isReused: Bool) {
        phase = .waiting
        self.isReused = isReused
    }

    /// Bytes of an answer have come.
    mutating func bytesArrived() {
        if phase == .waiting { phase = .answering }
    }

    mutating func ended() { phase = .ended }

    /// The connection has ended.
    ///
    /// - Parameter endsBody: Whether the framing lets the end of the connection end the body.
    mutating func connectionLost(endsBody: Bool) -> Loss {
        switch phase {
        case .connecting, .ended:
            return .ignored
        case .waiting where isReused && !wasSentAgain:
            wasSentAgain = true
            phase = .connecting
            return .sendAgain
        case .waiting:
            phase = .ended
            return .failed(.closedBeforeAnswer)
        case .answering:
            phase = .ended
            return endsBody ? .complete : .failed(.truncated)
        }
    }
}
