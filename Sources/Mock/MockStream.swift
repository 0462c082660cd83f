internal import Wire

/// The course of one stream: which bytes come next, and what follows them. It touches no socket.
struct MockStream {
    /// What follows the bytes.
    enum Action: Equatable {
        /// More, after the gap.
        case more
        /// The clean end of the body.
        case finish
        /// The connection is broken off.
        case reset
        /// Nothing, ever.
        case stall
    }

    private let plan: MockPlan
    private let number: UInt64
    private let prompt: Int
    private let fault: MockFault.Kind?
    /// How many content chunks there are.
    let total: Int
    /// The chunk before which the fault strikes; `Int.max` for none.
    private let strikesAt: Int
    private let reportsUsage: Bool
    private let reportsNull: Bool
    private var owesRole: Bool
    /// How many content chunks have been sent.
    private(set) var sent = 0

    init(plan: MockPlan, number: UInt64, total: Int, prompt: Int, asksForUsage: Bool, fault: MockFault.Kind?) {
        let behaviour = plan.behaviour
        self.plan = plan
        self.number = number
        self.prompt = prompt
        self.fault = fault
        switch fault {
        case nil, .status: (self.total, strikesAt) = (total, .max)
        case .empty: (self.total, strikesAt) = (0, .max)
        case .reset(let point), .stall(let point), .cut(let point), .errorEvent(let point):
            (self.total, strikesAt) = (total, point.chunks(of: total) ?? 0)
        case .malformed(let kind): (self.total, strikesAt) = (total, kind == .headers ? .max : behaviour.position)
        }
        owesRole = behaviour.roleComesFirst && plan.endpoint == .chat
        reportsUsage = behaviour.usage == .always || behaviour.usage == .asked && asksForUsage
        reportsNull = asksForUsage && reportsUsage
    }

    /// Appends the bytes of the next write.
    ///
    /// - Parameters:
    ///   - events: The most content events in it.
    ///   - microseconds: The time for stamps.
    mutating func next(events: Int, microseconds: UInt64, into output: inout ByteBuffer) -> Action {
        if fault == .empty(.body) { return .finish }
        if owesRole, strikesAt > 0 || sent > 0 {
            owesRole = false
            plan.appendRole(number: number, reportsNull: reportsNull, to: &output)
            return .more
        }
        var left = events
        while left > 0, sent < total {
            if sent == strikesAt {
                if let end = strike(microseconds: microseconds, into: &output) { return end }
                // The malformed event replaced a chunk.
                sent += 1
                left -= 1
                continue
            }
            if plan.behaviour.commentEvery > 0, sent % plan.behaviour.commentEvery == 0 { plan.appendComment(to: &output) }
            plan.appendChunk(sent, of: total, number: number, microseconds: microseconds, reportsNull: reportsNull, to: &output)
            sent += 1
            left -= 1
        }
        guard sent >= total else { return .more }
        if sent == strikesAt, let end = strike(microseconds: microseconds, into: &output) { return end }
        appendEnd(into: &output)
        return .finish
    }

    /// Applies the fault when its place is reached.
    ///
    /// - Returns: How the stream ends; `nil` if it continues.
    private mutating func strike(microseconds: UInt64, into output: inout ByteBuffer) -> Action? {
        switch fault {
        case .reset: return .reset
        case .stall: return .stall
        case .cut: return .finish
        case .errorEvent:
            plan.appendError(number: number, epoch: MockTime.epochMilliseconds(), to: &output)
            return .finish
        case .malformed(.truncated):
            let start = output.count
            plan.appendChunk(sent, of: total, number: number, microseconds: microseconds, reportsNull: reportsNull, to: &output)
            output.truncate(to: start + (output.count - start) / 2)
            return .finish
        case .malformed(let kind):
            plan.appendMalformed(kind, number: number, to: &output)
            return nil
        case nil, .status, .empty: return nil
        }
    }

    /// Appends the end of a healthy stream.
    private func appendEnd(into output: inout ByteBuffer) {
        let usage = MockUsage(prompt: prompt, completion: sent)
        if fault != .empty(.choices), !plan.behaviour.omitsFinish {
            plan.appendFinish(number: number, usage: usage, reportsNull: reportsNull, to: &output)
        }
        if reportsUsage { plan.appendUsage(number: number, usage: usage, to: &output) }
        if !plan.behaviour.omitsDone { plan.appendDone(to: &output) }
    }
}
