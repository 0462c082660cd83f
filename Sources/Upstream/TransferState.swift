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
        /// An idle connection was closed by the provider before the request came: send it once more, on a new one. Not an attempt.
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

    /// What is known of a request when its connection ends before an answer.
    struct Sent: Equatable, Sendable {
        /// Whether the system has taken anything of it.
        var hasBegun = true
        /// How long ago it took the last of it.
        var elapsed: Duration = .zero
        /// How long a packet and its answer take on the connection.
        var roundTrip: Duration = .zero
    }

    /// How long after a request the end of its connection may come so that it can have been on its way before the request arrived, beside the time on
    /// the network. On one machine it was there after 0.1 to 0.2 ms, and with both cores busy after 17 ms at most.
    private static let scheduling: Duration = .milliseconds(25)
    /// The same with the network's time, at most: an end that comes later is taken for the provider's answer, however far away it is.
    private static let longestRace: Duration = .milliseconds(250)

    private(set) var phase = Phase.connecting
    /// Whether the provider may be given the same request twice without harm.
    private let mayBeRepeated: Bool
    private var isReused = false
    private var wasSentAgain = false

    init(mayBeRepeated: Bool) { self.mayBeRepeated = mayBeRepeated }

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
    /// - Parameters:
    ///   - endsBody: Whether the framing lets the end of the connection end the body.
    ///   - sent: What became of the request.
    mutating func connectionLost(endsBody: Bool, sent: Sent) -> Loss {
        switch phase {
        case .connecting, .ended:
            return .ignored
        case .waiting where isReused && !wasSentAgain && cannotHaveBeenActedOn(sent):
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

    /// Whether the provider had closed the connection before the request arrived. Its word of that, sent before, is then here within one round trip of
    /// the request; within two, since the second may take longer than the first. It proves nothing, since a provider may also break off at once, and
    /// so is good enough only for a request that may be repeated.
    private func cannotHaveBeenActedOn(_ sent: Sent) -> Bool {
        if !sent.hasBegun { return true }
        return mayBeRepeated && sent.elapsed <= min(TransferState.scheduling + sent.roundTrip * 2, TransferState.longestRace)
    }
}
