/// The state of one request on a connection, and what the end of the connection means for it.
struct TransferState: Equatable, Sendable {
    enum Phase: Equatable, Sendable {
        /// Waiting for a connection.
        case connecting
        /// The request is in flight; no byte of an answer has come.
        case waiting
        /// Bytes of an answer have come.
        case answering
        case ended
    }

    /// What the end of a connection means.
    enum Loss: Equatable, Sendable {
        /// The provider closed an idle connection before the request came: send it once more, on a new one.
        /// This is not an attempt.
        case sendAgain
        case failed(UpstreamFailureKind)
        /// The end of the connection was the end of the answer.
        case complete
        case ignored
    }

    /// The kinds of failure that an end can mean.
    enum UpstreamFailureKind: Equatable, Sendable {
        case closedBeforeAnswer, truncated
    }

    /// What is known about a request when its connection ends before an answer.
    struct Sent: Equatable, Sendable {
        /// Whether the system has taken any of it.
        var hasBegun = true
        /// How long ago it took the last of it.
        var elapsed: Duration = .zero
        /// The round-trip time of the connection.
        var roundTrip: Duration = .zero
    }

    /// How long after a request the end of its connection may come and still have been sent before the request
    /// arrived, apart from the time on the network. On one machine it came after 0.1 to 0.2 ms, and with both
    /// cores busy after at most 17 ms.
    private static let scheduling: Duration = .milliseconds(25)
    /// The most that this and the network's time may add up to: an end that comes later is taken for the
    /// provider's answer, however far away it is.
    private static let longestRace: Duration = .milliseconds(250)

    private(set) var phase = Phase.connecting
    /// Whether the same request may be sent to the provider twice without harm.
    private let mayBeRepeated: Bool
    private var isReused = false
    private var wasSentAgain = false

    init(mayBeRepeated: Bool) { self.mayBeRepeated = mayBeRepeated }

    /// A connection is available.
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
    ///   - sent: What is known about the sending of the request.
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

    /// Whether the provider had closed the connection before the request arrived. The close, sent before, then
    /// arrives within one round trip of the request, or within two, since the second may take longer than the
    /// first. This is no proof, since a provider may also break off at once, and so it only suffices for a
    /// request that may be repeated.
    private func cannotHaveBeenActedOn(_ sent: Sent) -> Bool {
        if !sent.hasBegun { return true }
        return mayBeRepeated && sent.elapsed <= min(TransferState.scheduling + sent.roundTrip * 2, TransferState.longestRace)
    }
}
