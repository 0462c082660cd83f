import EventLoop
import Testing
import Wire

@testable import Gateway

@Suite struct FailureClassifierTests {
    @Test(arguments: FailureFixture.all) func `a real error has its class, scope and hint`(fixture: FailureFixture) {
        let verdict = fixture.verdict()
        #expect("\(verdict.kind.name)" == fixture.kind && "\(verdict.scope)" == fixture.scope, "\(verdict)")
        #expect("\(verdict.hint.window)" == fixture.window && "\(verdict.hint.source)" == fixture.from, "\(verdict)")
        #expect(verdict.hint.wait == fixture.wait.map { .milliseconds($0) }, "\(verdict)")
        // An error of the provider's own, or of something on the way to it, does not say how far it had come.
        let isServerError = fixture.kind == "unavailable" && (fixture.status == 408 || fixture.status >= 500)
        #expect(verdict.nothingWasDone == (!fixture.isInAnswer && !isServerError))
    }

    @Test func `there are fixtures of at least twelve providers and servers, each with its source`() {
        #expect(Set(FailureFixture.all.map(\.provider)).count >= 12)
        #expect(FailureFixture.all.allSatisfy { $0.source.hasPrefix("https://") })
    }

    @Test(arguments: FailureFixture.all) func `no cut of a body refuses a key by guess, or waits without bounds`(fixture: FailureFixture) {
        for count in 0...fixture.body.count {
            let verdict = fixture.verdict(prefix: count)
            #expect(verdict.hint.wait.map { $0 > .zero && $0 <= .seconds(86_400) } ?? true)
            if case .credential = verdict.kind { #expect(fixture.kind == "credential" || fixture.status == 401, "\(count): \(verdict)") }
            if verdict.scope == .request { #expect(!verdict.countsAgainstProvider) }
        }
    }

    @Test(arguments: [302, 400, 401, 403, 404, 408, 409, 418, 425, 429, 500, 502, 503, 504, 529, 599, 999])
    func `a status without a body has a class`(status: Int) {
        let verdict = FailureClassifier.classify(
            status: status, limits: LimitFields(), body: RawSpan(), request: RawSpan(), FailureClassifier.Circumstances(), now: FailureFixture.now)
        let expected: FailureClass =
            switch status {
            case 400, 418: .request(status: status)
            case 401: .credential(status: 401)
            case 403: .denied(status: 403)
            case 404: .unknownRoute
            case 429: .rateLimited(.unknown)
            case 503, 529: .overloaded(status: status)
            default: .unavailable(status: status)
            }
        #expect(verdict.kind == expected)
        #expect(verdict.kind.allowsNext == (status != 400 && status != 418))
    }

    @Test func `a wait is never longer than the cap`() {
        var fields = HTTPFields()
        withBytes("retry-after") { name in withBytes("86400") { fields.append(name: name, value: $0) } }
        for cap in [Duration.seconds(1), .seconds(60), .seconds(3600)] {
            let verdict = FailureClassifier.classify(
                status: 429, limits: LimitFields(fields, now: 0), body: RawSpan(), request: RawSpan(),
                FailureClassifier.Circumstances(longestWait: cap), now: 0)
            #expect(verdict.hint.wait == cap)
        }
    }

    @Test(
        arguments: [
            (#"{"error":{"message":"bad","type":"invalid_request_error","code":400}}"#, 400), (#"{"error":{"code":422,"message":"no"}}"#, 422),
            (#"{"error":{"message":"bad","type":"invalid_request_error"}}"#, nil), ("{}", nil),
        ] as [(String, Int?)])
    func `an error inside a success is the client's mistake only by its status, and before the first word`(body: String, status: Int?) {
        for hasBegun in [false, true] {
            let verdict = withBytes(body) {
                FailureClassifier.classify(
                    errorInAnswer: $0, limits: LimitFields(), request: hasBegun ? nil : RawSpan(), FailureClassifier.Circumstances(), now: 0)
            }
            let expected = hasBegun ? nil : status.map { FailureClass.request(status: $0) }
            #expect(verdict.kind == expected ?? .errorInAnswer && !verdict.nothingWasDone, "\(verdict)")
            #expect(verdict.countsAgainstProvider == (expected == nil))
        }
    }

    @Test func `a path that is missing for a rare endpoint says nothing against the model`() {
        let circumstances = FailureClassifier.Circumstances(isCommonEndpoint: false)
        let verdict = withBytes(#"{"detail":"Not Found"}"#) {
            FailureClassifier.classify(status: 404, limits: LimitFields(), body: $0, request: RawSpan(), circumstances, now: 0)
        }
        #expect(verdict.kind == .unknownRoute && verdict.scope == .request)
    }
}
