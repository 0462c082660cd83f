import Testing

@testable import Gateway

@Suite struct FailureClassTests {
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
