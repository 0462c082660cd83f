import EventLoop
import Testing
import Wire

@testable import Gateway

@Suite struct AttemptPlanTests {
    private let now = LoopInstant(nanoseconds: 1_000_000_000_000)
    private var deadline: LoopInstant { now.advanced(by: .seconds(300)) }

    private func resting(_ failure: FailureClass, retryAfter: Duration? = nil, since: Duration = .zero) -> DeploymentHealth {
        var health = DeploymentHealth()
        health.failed(verdict(failure, retryAfter: retryAfter), at: now.advanced(by: .zero - since))
        return health
    }

    /// The places that are tried when every attempt fails, and how it ends.
    private func walk(_ healths: [DeploymentHealth], failure: FailureClass = .unavailable(status: 500)) -> (places: [Int], soonest: LoopInstant?) {
        var plan = AttemptPlan(candidates: healths.count, deadline: deadline)
        var places: [Int] = []
        var last: FailureClass?
        while true {
            switch plan.step(after: last, at: now, health: { healths[$0] }) {
            case .attempt(let place): places.append(place)
            case .giveUp(let soonest): return (places, soonest)
            }
            last = failure
        }
    }

    @Test func `candidates are tried in order, each once`() {
        let (places, soonest) = walk(Array(repeating: DeploymentHealth(), count: 3))
        #expect(places == [0, 1, 2] && soonest == nil)
    }

    @Test func `a request has eight attempts`() {
        #expect(walk(Array(repeating: DeploymentHealth(), count: 20)).places == Array(0..<8))
    }

    @Test func `without a candidate there is nothing to try`() {
        let (places, soonest) = walk([])
        #expect(places.isEmpty && soonest == nil)
    }

    @Test func `what rests is tried last, the first to come back first`() {
        let healths = [
            resting(.timeout(.idle)), DeploymentHealth(), resting(.timeout(.idle), since: .seconds(2)), DeploymentHealth(),
            resting(.timeout(.idle), since: .seconds(1)),
        ]
        #expect(walk(healths).places == [1, 3, 2, 4, 0])
    }

    @Test func `what rests at its provider's word is not tried`() {
        let limited = resting(.rateLimited(.unknown), retryAfter: .seconds(30))
        #expect(walk([limited, DeploymentHealth(), limited]).places == [1])
        #expect(walk([limited, resting(.timeout(.idle))]).places == [1])
    }

    @Test func `when all rest at their providers' word, the first return is told`() {
        let healths = [resting(.rateLimited(.unknown), retryAfter: .seconds(30)), resting(.rateLimited(.unknown), retryAfter: .seconds(10))]
        let (places, soonest) = walk(healths)
        #expect(places.isEmpty && soonest == now.advanced(by: .seconds(10)))
    }

    @Test func `a rest that is over does not count`() {
        #expect(walk([resting(.timeout(.idle), since: .seconds(6)), DeploymentHealth()]).places == [0, 1])
    }

    @Test func `the client's own mistake ends the attempts`() {
        #expect(walk(Array(repeating: DeploymentHealth(), count: 3), failure: .request(status: 400)).places == [0])
    }

    @Test func `nothing is begun after the deadline`() {
        var plan = AttemptPlan(candidates: 3, deadline: now)
        #expect(plan.step(after: nil, at: now, health: { _ in DeploymentHealth() }) == .giveUp(soonest: nil))
    }
}

@Suite struct DeploymentHealthTests {
    private let now = LoopInstant(nanoseconds: 1_000_000_000_000)

    @Test func `a failure rests a deployment for five seconds, a success ends the rest`() {
        var health = DeploymentHealth()
        #expect(!health.isCooling(at: now))
        health.failed(verdict(.timeout(.idle)), at: now)
        #expect(health.isCooling(at: now.advanced(by: .milliseconds(4999))) && !health.isCooling(at: now.advanced(by: .seconds(5))))
        #expect(!health.isLimited)
        health.succeeded()
        #expect(!health.isCooling(at: now) && health.coolsUntil == nil)
    }

    @Test(
        arguments: [
            (nil, Duration.seconds(5)), (.milliseconds(10), .seconds(1)), (.seconds(30), .seconds(30)), (.seconds(1_000_000), .seconds(86_400)),
        ] as [(Duration?, Duration)])
    func `a provider's pause is kept within bounds`(asked: Duration?, pause: Duration) {
        var health = DeploymentHealth()
        health.failed(verdict(.rateLimited(.unknown), retryAfter: asked), at: now)
        #expect(health.coolsUntil == now.advanced(by: pause) && health.isLimited)
    }

    @Test func `a later failure never shortens a rest`() {
        var health = DeploymentHealth()
        health.failed(verdict(.rateLimited(.unknown), retryAfter: .seconds(60)), at: now)
        health.failed(verdict(.timeout(.idle)), at: now.advanced(by: .seconds(1)))
        #expect(health.coolsUntil == now.advanced(by: .seconds(60)) && health.isLimited)
        // Once it is over, the word is, too.
        health.failed(verdict(.timeout(.idle)), at: now.advanced(by: .seconds(61)))
        #expect(!health.isLimited)
    }

    @Test(arguments: [FailureClass.request(status: 400), .local]) func `what is not the deployment's fault rests nothing`(failure: FailureClass) {
        var health = DeploymentHealth()
        health.failed(verdict(failure), at: now)
        #expect(health.coolsUntil == nil)
    }
}

@Suite struct FailureClassTests {
    @Test(
        arguments: [
            (400, .request(status: 400)), (413, .request(status: 413)), (422, .request(status: 422)),
            (401, .credential(status: 401)), (404, .modelGone),
            (408, .unavailable(status: 408)), (409, .unavailable(status: 409)), (429, .rateLimited(.unknown)),
            (500, .unavailable(status: 500)), (502, .unavailable(status: 502)), (302, .unavailable(status: 302)), (999, .unavailable(status: 999)),
        ] as [(Int, FailureClass)])
    func `a status alone has its class`(status: Int, expected: FailureClass) {
        #expect(FailureVerdict(status: status, hint: .none).kind == expected)
    }

    @Test(
        arguments: [
            (.resolve, .unreachable), (.connect, .unreachable), (.tls, .unreachable), (.proxy, .unreachable), (.closedBeforeAnswer, .noAnswer),
            (.connectTimeout, .timeout(.connect)), (.firstByteTimeout, .timeout(.firstByte)), (.idleTimeout, .timeout(.idle)),
            (.totalTimeout, .timeout(.total)),
            (.truncated, .malformed),
            (.malformed, .malformed), (.local, .local),
        ] as [(UpstreamFailure.Kind, FailureClass)])
    func `a failure on the wire has its class`(kind: UpstreamFailure.Kind, expected: FailureClass) {
        #expect(FailureClass(UpstreamFailure(kind, "")) == expected)
    }

    @Test func `only the client's own mistake ends a request`() {
        #expect(!FailureClass.request(status: 400).allowsNext)
        #expect(FailureClass.credential(status: 401).allowsNext && FailureClass.local.allowsNext && FailureClass.empty.allowsNext)
    }
}

@Suite struct ExhaustionTests {
    @Test(
        arguments: [
            ([.credential(status: 401), .credential(status: 402)], 502, "upstream_credentials_exhausted"),
            ([.modelGone, .modelGone], 404, "model_not_found"),
            ([.timeout(.idle), .timeout(.firstByte)], 504, "upstream_timeout"), ([.local], 503, "overloaded"),
            ([.timeout(.idle), .unreachable], 502, "upstream_error"),
            ([.credential(status: 401), .modelGone], 502, "upstream_error"), ([.unavailable(status: 500)], 502, "upstream_error"),
            ([.rateLimited(.day), .rateLimited(.unknown)], 429, "pool_exhausted"), ([], 503, "overloaded"),
            ([.empty], 502, "upstream_error"), ([.errorInAnswer], 502, "upstream_error"), ([.malformed], 502, "upstream_error"),
        ] as [([FailureClass], Int, String)])
    func `all the failures together have a status and a code`(failures: [FailureClass], status: Int, code: String) {
        let error = GatewayError.exhausted(failures.map { failed($0) }, pause: nil)
        #expect(error.status == status && error.code == code)
    }

    @Test func `a pause is told, and a long one says not to try again`() {
        let short = GatewayError.exhausted([], pause: .milliseconds(1500))
        #expect(short.status == 429 && short.type == .requests && short.retryAfter == .milliseconds(1500) && short.shouldRetry == nil)
        #expect(short.message.contains("2 s"))
        #expect(GatewayError.exhausted([], pause: .seconds(61)).shouldRetry == false)
    }

    @Test func `the shortest of the providers' pauses counts`() {
        let error = GatewayError.exhausted(
            [failed(.rateLimited(.unknown), retryAfter: .seconds(90)), failed(.rateLimited(.unknown), retryAfter: .seconds(3))], pause: nil)
        #expect(error.retryAfter == .seconds(3))
    }

    @Test(arguments: [(400, 400), (413, 400), (422, 422)]) func `the client's own mistake comes in the provider's words`(status: Int, expected: Int) {
        let body = #"{"error":{"message":"too long","type":"x","param":"messages","code":"context_length_exceeded"}}"#
        let error = GatewayError.exhausted([failed(.timeout(.idle)), failed(.request(status: status), upstream: body)], pause: nil)
        #expect(error.status == expected && error.code == "context_length_exceeded" && error.param == "messages" && error.message == "too long")
        #expect(error.shouldRetry == false && error.type == .invalidRequest)
        let silent = GatewayError.exhausted([failed(.request(status: status))], pause: nil)
        #expect(silent.code == nil && silent.message.contains("\(status)"))
    }

    @Test func `an error in the middle of an answer says what is known`() {
        #expect(GatewayError.midStream(.timeout(.idle), nil).code == "upstream_timeout")
        #expect(GatewayError.midStream(.malformed, nil).code == "upstream_error")
    }
}
