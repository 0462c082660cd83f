/// How it stands with the providers of a model when none of them has answered: how many of them for which reason, for the client to read.
struct ProviderTally {
    /// Why a provider has not answered.
    enum Standing: Int, CaseIterable {
        case limited, failing, busy, rejecting, closed, unpaid, gone, unfit
    }

    private var counts = Array(repeating: 0, count: Standing.allCases.count)

    /// Counts the providers that were asked, each by its last word, and those that were not.
    init(_ failures: [AttemptFailure], _ left: AttemptPlan.Leftover) {
        var asked: [String: Standing] = [:]
        for failure in failures { asked["\(failure.provider)\n\(failure.model)"] = ProviderTally.standing(failure.failure) }
        for standing in asked.values { counts[standing.rawValue] += 1 }
        func add(_ count: Int, _ standing: Standing) { counts[standing.rawValue] += max(0, count) }
        let again = left.asked
        add(left.limited - again.limited, .limited)
        add(left.cooling - again.cooling, .failing)
        add(left.busy - again.busy, .busy)
        add(left.rejected - left.denied - (again.rejected - again.denied), .rejecting)
        add(left.denied - again.denied, .closed)
        add(left.unpaid - again.unpaid, .unpaid)
        add(left.gone - again.gone, .gone)
        add(left.tooSmall - again.tooSmall, .unfit)
    }

    /// Whether there is one reason, and this is it.
    func isOnlyOf(_ standing: Standing) -> Bool {
        counts[standing.rawValue] > 0 && Standing.allCases.allSatisfy { $0 == standing || counts[$0.rawValue] == 0 }
    }

    /// How many for which reason: "1 rejects the gateway's key and 2 are at their limit".
    var text: String {
        let parts = Standing.allCases.filter { counts[$0.rawValue] > 0 }.map { standing in
            let count = counts[standing.rawValue]
            return "\(count) \(count == 1 ? standing.ofOne : standing.ofMany)"
        }
        guard parts.count > 1, let last = parts.last else { return parts.first ?? "there is none" }
        return parts.dropLast().joined(separator: ", ") + " and \(last)"
    }

    private static func standing(_ failure: FailureClass) -> Standing {
        switch failure {
        case .rateLimited: .limited
        case .quota: .unpaid
        case .credential: .rejecting
        case .denied: .closed
        case .modelGone, .unknownRoute: .gone
        case .contextLength, .unsupportedParameter, .unaffordable, .contentRefused, .request: .unfit
        case .unreachable, .noAnswer, .timeout, .overloaded, .unavailable, .garbled, .malformed, .empty, .errorInAnswer, .local: .failing
        }
    }
}

extension ProviderTally.Standing {
    fileprivate var ofOne: StaticString {
        switch self {
        case .limited: "is at its limit"
        case .failing: "has failed"
        case .busy: "is busy"
        case .rejecting: "rejects the gateway's key"
        case .closed: "refuses to serve this gateway (its place, its account or terms that were not accepted)"
        case .unpaid: "has no money of the gateway's left"
        case .gone: "does not have the model"
        case .unfit: "can't take the request"
        }
    }

    fileprivate var ofMany: StaticString {
        switch self {
        case .limited: "are at their limit"
        case .failing: "have failed"
        case .busy: "are busy"
        case .rejecting: "reject the gateway's key"
        case .closed: "refuse to serve this gateway (its place, its account or terms that were not accepted)"
        case .unpaid: "have no money of the gateway's left"
        case .gone: "do not have the model"
        case .unfit: "can't take the request"
        }
    }
}
