import Testing

@testable import Mock

@Suite struct MockScriptTests {
    @Test func `a script sets what it names and leaves the rest`() throws {
        let behaviour = try MockBehaviour(parsing: "ttft=exp:50, tokens=20;rate=100&bytes=16 role-first")
        var expected = MockBehaviour()
        expected.timeToFirstToken = try #require(MockDistribution("exp:50"))
        expected.tokens = .constant(20)
        expected.pace = .rate(.constant(100))
        expected.contentBytes = 16
        expected.roleComesFirst = true
        #expect(behaviour == expected)
    }

    @Test func `an empty script changes nothing`() throws {
        #expect(try MockBehaviour(parsing: "") == MockBehaviour())
    }

    @Test(arguments: [
        ("status=503", MockFault(.status(503))), ("fail=0.05:429", MockFault(.status(429), probability: 0.05)),
        ("reset=head", MockFault(.reset(.head))), ("reset=0.5:3", MockFault(.reset(.chunk(3)), probability: 0.5)),
        ("stall=half", MockFault(.stall(.half))), ("cut=2", MockFault(.cut(.chunk(2)))), ("error-event=1", MockFault(.errorEvent(.chunk(1)))),
        ("malformed=sse", MockFault(.malformed(.sse))), ("empty", MockFault(.empty(.choices))),
        ("empty=0.2:content", MockFault(.empty(.content), probability: 0.2)),
        ("fail_429=250", MockFault(.status(429), probability: 0.25)), ("reset_mid=1", MockFault(.reset(.half), probability: 0.001)),
    ])
    func `failures have a place and a probability`(script: String, fault: MockFault) throws {
        #expect(try MockBehaviour(parsing: script).faults == [fault])
    }

    @Test func `the first failure replaces what was set before and further ones are added`() throws {
        var behaviour = try MockBehaviour(parsing: "status=500")
        try behaviour.apply("fail=0.1:429,reset=0.1:head")
        #expect(behaviour.faults.map(\.kind) == [.status(429), .reset(.head)])
        try behaviour.apply("tokens=3")
        #expect(behaviour.faults.count == 2)
        try behaviour.apply("ok")
        #expect(behaviour.faults.isEmpty)
    }

    @Test func `retry hints name their dialect`() throws {
        let behaviour = try MockBehaviour(parsing: "retry-after=7.5,retry-after=google:17,retry-after=reset-go:360")
        #expect(
            behaviour.retryHints == [
                MockRetryHint(.seconds, milliseconds: 7500), MockRetryHint(.google, milliseconds: 17_000),
                MockRetryHint(.goDuration, milliseconds: 360_000),
            ])
        #expect(behaviour.effectiveErrorShape == .google)
    }

    @Test func `words may be set with 1 and undone with 0`() throws {
        #expect(try MockBehaviour(parsing: "crlf=1").usesCRLF)
        #expect(try MockBehaviour(parsing: "crlf,crlf=0").usesCRLF == false)
        #expect(try MockBehaviour(parsing: "tool").tool == "mock_tool")
        #expect(try MockBehaviour(parsing: "tool=get_weather").tool == "get_weather")
    }

    @Test func `percent signs escape bytes`() throws {
        #expect(try MockBehaviour(parsing: "message=too%20long%2C%20sorry").errorMessage == "too long, sorry")
    }

    @Test func `the names of the rig in C are understood`() throws {
        let script = "chunks=100&delay_ms=10&chunk_bytes=256&ttft_ms=5&reply_bytes=1024&reply_ms=3&batch=2&usage=1&fail_429=0&fail_500=0&reset_mid=0"
        let behaviour = try MockBehaviour(parsing: script)
        #expect(behaviour.pace == .gap(.constant(10)))
        #expect(behaviour.eventBytes == 256)
        #expect(behaviour.delay == .constant(3))
        #expect(behaviour.usage == .always)
    }

    @Test(arguments: [
        "tokns=3", "tokens", "tokens=x", "status=199", "status=2:429", "reset=x", "cut=head", "body=xml", "retry-after=soon", "crlf=2", "batch=0",
        "quota=5",
        "message=%4", "big=-1", "=5",
    ])
    func `an item outside the language is an error that names its key`(script: String) {
        let error = #expect(throws: MockScriptError.self) { try MockBehaviour(parsing: script) }
        #expect(script.hasPrefix(error?.key ?? "?"))
    }

    @Test func `an invalid item leaves the behaviour unchanged`() {
        var behaviour = MockBehaviour()
        #expect(throws: MockScriptError.self) { try behaviour.apply("tokens=3,nonsense=1") }
        #expect(behaviour == MockBehaviour())
    }

    @Test(arguments: [
        ("mock:ttft=50,tokens=9", "mock"), ("llama:free:tokens=2", "llama:free"), ("a/b:70b", nil), ("mock:tool", "mock"), ("mock", nil),
        ("mock:", nil),
        ("m:fail=0.05:429", "m"),
    ])
    func `a script after a model's name begins at a colon followed by a key`(model: String, name: String?) {
        #expect(MockBehaviour.scriptStart(in: model).map { String(model[..<$0]) } == name)
    }
}
