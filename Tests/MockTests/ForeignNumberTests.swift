import Testing
import Wire

@testable import Mock

/// Scripts and bodies whose numbers are meant to crash the mock.
@Suite(.serialized) struct ForeignNumberTests {
    private static let numbers = [
        "0", "-1", "2147483648", "9223372036854775807", "9223372036854775808", "1e308", "1e400", "NaN", "Infinity", "0.1", "1000000000",
        "0." + String(repeating: "0", count: 310) + "1",
    ]
    private static let keys = [
        "ttft", "rate", "gap", "delay", "tokens", "bytes", "event", "reply", "batch", "big", "flood", "dims", "reasoning", "comments", "mutter",
        "status", "reset", "stall", "cut", "error-event", "times", "at", "retry-after", "quota", "fail_429", "chunks", "delay_ms", "reply_bytes",
    ]

    @Test func `a script with any numbers is refused or can be carried out`() {
        for number in Self.numbers {
            for value in [number, "exp:\(number)", "uniform:\(number)-\(number)", "lognormal:\(number)/\(number)", "\(number):429", "date:\(number)"]
            {
                for key in Self.keys {
                    guard let behaviour = try? MockBehaviour(parsing: "\(key)=\(value)") else { continue }
                    var random = MockRandom(seed: 1)
                    for quantity in [behaviour.timeToFirstToken, behaviour.delay, behaviour.tokens] {
                        #expect((0...1e9).contains(quantity.sample(using: &random)), "\(key)=\(value)")
                    }
                    let plan = MockPlan(
                        endpoint: .chat, model: "m", behaviour: behaviour, contextLength: 0, counters: MockModelCounters(), key: ByteBuffer())
                    #expect((0...1e9).contains(plan.steadyGap(using: &random) ?? 0), "\(key)=\(value)")
                    #expect(plan.chunkCount(using: &random) >= 0)
                    for hint in behaviour.retryHints {
                        var head = ByteBuffer()
                        hint.appendFields(to: &head, epoch: 1_795_348_800_000)
                    }
                }
            }
        }
    }

    @Test func `a quota with a tiny window or any number of requests is enforced`() {
        for kind in ["fixed", "aligned", "rolling"] {
            for number in Self.numbers {
                for text in ["\(kind):5/\(number)", "\(kind):\(number)/60", "\(kind):5/0.0000000001"] {
                    guard let quota = MockQuota(text) else { continue }
                    var ledger = MockQuotaLedger()
                    for request in 0..<8 { #expect(ledger.admit(1, quota: quota, now: 1_000_000_000 + UInt64(request)) ?? 0 >= 0, "\(text)") }
                }
            }
        }
    }

    @Test func `a request's numbers are bounded`() throws {
        try LoopbackMock.with { mock in
            for number in Self.numbers {
                let body = "{\"model\":\"mock-embedding\",\"dimensions\":\(number),\"max_tokens\":\(number),\"n\":\(number),\"input\":\"a\"}"
                let answer = try mock.post("/v1/embeddings", body)
                #expect(answer.status == 200 || answer.status == 400, "\(number)")
                #expect(try mock.chat(body).status > 0, "\(number)")
            }
            // Slower than the clock's range: only the head with the first chunk comes.
            let client = try mock.connect()
            client.send(post: "/v1/chat/completions", "{\"model\":\"mock\",\"stream\":true}", script: "rate=\(Self.numbers.last ?? ""),tokens=2")
            #expect(client.receiveHead().status == 200)
            #expect(try mock.chat("{\"model\":\"mock\"}").status == 200)
        }
    }
}
