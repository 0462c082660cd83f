import Testing

@testable import Mock

@Suite(.serialized) struct MockProviderTests {
    private let chat = #"{"model":"mock","messages":[]}"#
    private let streamed = #"{"model":"mock","messages":[],"stream":true}"#

    @Test func `a chat is answered whole or as a stream on one connection`() throws {
        try LoopbackMock.with { (mock) throws in
            let client = try mock.connect()
            client.send(post: "/v1/chat/completions", chat, script: "tokens=2")
            let whole = client.receive()
            #expect(whole.status == 200)
            #expect(whole.body.contains(#""content":"w0 w1 ""#))
            client.send(post: "/mock/v1/chat/completions", streamed, script: "tokens=3")
            let stream = client.receive()
            #expect(stream.isWhole)
            #expect(stream.head.contains("content-type: text/event-stream; charset=utf-8\r\n"))
            #expect(stream.chunks.count == 3)
            #expect(stream.body.hasSuffix("data: [DONE]\n\n"))
            client.send(post: "/v1/completions", #"{"model":"mock","prompt":"x"}"#)
            #expect(client.receive().body.contains(#""text":"w0 "#))
        }
    }

    @Test func `the model's name can carry the script, and the header takes precedence`() throws {
        try LoopbackMock.with { (mock) throws in
            let body = #"{"model":"mock:tokens=2,finish=length","messages":[]}"#
            let answer = try mock.chat(body, script: "tokens=1")
            #expect(answer.body.contains(#""content":"w0 "},"finish_reason":"length""#))
            #expect(answer.body.contains(#""model":"mock","#))
        }
    }

    @Test func `an invalid script gets a 400 that says so`() throws {
        try LoopbackMock.with { (mock) throws in
            let answer = try mock.chat(chat, script: "tokns=1")
            #expect(answer.status == 400)
            #expect(answer.body.contains("mock script: `tokns`: no such key"))
        }
    }

    @Test func `invalid requests are refused`() throws {
        let fleet = MockFleet([
            MockFleet.Provider(name: "strict", models: [MockFleet.Model("vendor/m", contextLength: 20)], keys: ["sk-1", "sk-2"])
        ])
        try LoopbackMock.with(fleet) { (mock) throws in
            let key = "authorization: Bearer sk-2\r\n"
            #expect(try mock.chat("{", headers: key).status == 400)
            #expect(try mock.chat("{}", headers: key).status == 400)
            #expect(try mock.chat(#"{"model":"vendor/m"}"#).status == 401)
            #expect(try mock.chat(#"{"model":"vendor/m"}"#, headers: "authorization: Bearer sk-3\r\n").status == 401)
            #expect(try mock.chat(#"{"model":"vendor/m"}"#, headers: key).status == 200)
            #expect(try mock.chat(#"{"model":"vendor\/m"}"#, headers: key).status == 200)
            let unknown = try mock.chat(#"{"model":"x"}"#, headers: key)
            #expect(unknown.status == 404)
            #expect(unknown.body.contains(#""code":"model_not_found""#))
            let large = try mock.chat(#"{"model":"vendor/m","messages":["\#(String(repeating: "x", count: 100))"]}"#, headers: key)
            #expect(large.status == 400)
            #expect(large.body.contains("This model's maximum context length is 20 tokens"))
            #expect(large.body.contains(#""code":"context_length_exceeded""#))
            #expect(try mock.get("/v1/chat/completions").status == 405)
            #expect(try mock.get("/nothing").status == 404)
        }
    }

    @Test func `models are listed and found by ids with slashes`() throws {
        let fleet = MockFleet([
            MockFleet.Provider(name: "a", models: [MockFleet.Model("vendor/m", contextLength: 8192, inputModalities: ["text", "image"])]),
            MockFleet.Provider(name: "b", models: [MockFleet.Model("n")]),
        ])
        try LoopbackMock.with(fleet) { (mock) throws in
            let expected =
                #"{"id":"vendor/m","object":"model","created":1700000000,"owned_by":"a","context_length":8192,"#
                + #""architecture":{"input_modalities":["text","image"],"output_modalities":["text"]}}"#
            #expect(try mock.get("/v1/models").body == #"{"object":"list","data":[\#(expected)]}"#)
            #expect(try mock.get("/a/v1/models/vendor%2Fm").body == expected)
            #expect(try mock.get("/b/models/n").body.hasPrefix(#"{"id":"n""#))
            #expect(try mock.get("/b/v1/models/vendor/m").status == 404)
        }
    }

    @Test func `an error answer carries its hints`() throws {
        try LoopbackMock.with { (mock) throws in
            let answer = try mock.chat(streamed, script: "status=429,retry-after=7,retry-after=ms:7,retry-after=prose:7")
            #expect(answer.status == 429)
            #expect(answer.head.contains("\r\nretry-after: 7\r\nretry-after-ms: 7000\r\n"))
            #expect(answer.body.contains("Please try again in 7s."))
            let hidden = try mock.chat(chat, script: "status=500,body=in-200")
            #expect(hidden.status == 200)
            #expect(hidden.body.hasPrefix(#"{"error":{"#))
            #expect(try mock.chat(chat, script: "status=529").status == 529)
        }
    }

    @Test func `connections break where they should`() throws {
        try LoopbackMock.with { (mock) throws in
            #expect(try mock.chat(streamed, script: "reset=head").status == 0)
            #expect(try mock.chat(chat, script: "reset=head").status == 0)
            let early = try mock.chat(streamed, script: "reset=0")
            #expect(early.status == 200)
            #expect(early.chunks.isEmpty && !early.isWhole)
            let middle = try mock.chat(streamed, script: "reset=2,gap=1")
            #expect(middle.chunks.count == 2 && !middle.isWhole)
            let cut = try mock.chat(streamed, script: "cut=2")
            #expect(cut.isWhole && !cut.body.contains("[DONE]"))
            let half = try mock.chat(chat, script: "reset=half")
            #expect(half.status == 200 && !half.isWhole && !half.body.isEmpty)
            #expect(try mock.chat(chat, script: "cut=half").isWhole)
            #expect(try mock.chat(chat, script: "malformed=headers").head.contains("\r\nthis line has no colon\r\n"))
            #expect(try mock.chat(chat, script: "empty=body").body.isEmpty)
            #expect(try mock.chat(chat, script: "error-event=1").body.hasPrefix(#"{"error""#))
        }
    }

    @Test func `a stalled answer sends nothing until its client leaves, which is counted`() throws {
        try LoopbackMock.with { (mock) throws in
            do {
                let client = try mock.connect()
                client.send(post: "/v1/chat/completions", streamed, script: "stall=1")
                #expect(client.receiveHead().status == 200)
                let silent = try mock.connect()
                silent.send(post: "/v1/chat/completions", chat, script: "stall=head")
                #expect(try statistic("requests", mock, until: 2) == 2)
            }
            #expect(try statistic("cancelled", mock, until: 2) == 2)
            #expect(try statistic("last_cancel_us", mock) > 0)
            #expect(try statistic("streams_open", mock) == 0)
        }
    }

    @Test func `a stream whose client leaves in the middle is cancelled`() throws {
        try LoopbackMock.with { (mock) throws in
            do {
                let client = try mock.connect()
                client.send(post: "/v1/chat/completions", streamed, script: "gap=2,tokens=1000000")
                #expect(client.receiveHead().status == 200)
                #expect(try statistic("streams_open", mock) == 1)
            }
            #expect(try statistic("cancelled", mock, until: 1) == 1)
            #expect(try statistic("streams_open", mock) == 0)
            #expect(try statistic("streams_done", mock) == 0)
        }
    }

    @Test(arguments: ["ttft=5,gap=1", "rate=2000", "gap=exp:0.5", "early-head,ttft=3", "split", "split,gap=1", "", "batch=7", "gap=0.1,tokens=50"])
    func `every pace gives the same text`(script: String) throws {
        try LoopbackMock.with { (mock) throws in
            let tokens = script.contains("tokens") ? 50 : 20
            let answer = try mock.chat(streamed, script: script)
            #expect(answer.isWhole)
            for word in 0..<tokens { #expect(answer.body.contains(#""content":"w\#(word) ""#)) }
            #expect(answer.body.components(of: "data: ") == tokens + 2)
            if script.hasPrefix("split") { #expect(answer.chunks.allSatisfy { $0.utf8.count <= 97 || $0.hasSuffix("[DONE]\n\n") }) }
        }
    }

    @Test func `a delay holds back a whole answer`() throws {
        try LoopbackMock.with { (mock) throws in
            let before = MockTime.monotonicMicroseconds()
            #expect(try mock.chat(chat, script: "delay=30").status == 200)
            #expect(MockTime.monotonicMicroseconds() - before >= 30_000)
            #expect(try mock.chat(chat, script: "delay=2,status=503").status == 503)
        }
    }

    @Test func `a flood is no faster than its reader and arrives complete`() throws {
        try LoopbackMock.with { (mock) throws in
            let client = try mock.connect(receiveBuffer: 8192)
            client.send(post: "/v1/chat/completions", streamed, script: "flood=30000000")
            // As long as nothing is read, only what the kernel and the write queue take is produced.
            let made = try settled("chunks", mock)
            #expect(made > 0 && made < 30_000_000 / 4096 / 2)
            #expect(client.drop(30_000_000) >= 30_000_000)
            #expect(try statistic("streams_done", mock, until: 1) == 1)
        }
    }

    @Test func `the last body is kept byte for byte`() throws {
        try LoopbackMock.with { (mock) throws in
            let body = "{\"messages\": [\"\u{1F600} \\u00e9\"],\t\"model\":\"mock\" , \"x\":1.0e5}"
            _ = try mock.chat(body, headers: "authorization: Bearer k\r\n")
            let last = try mock.get("/mock/last")
            #expect(last.body == body)
            #expect(last.head.contains("\r\nx-mock-authorization: Bearer k\r\n"))
            #expect(last.head.contains("\r\nx-mock-path: /v1/chat/completions\r\n"))
        }
    }

    @Test func `the behaviour can be changed live and reset`() throws {
        try LoopbackMock.with(.demonstration) { (mock) throws in
            let body = #"{"model":"gpt-oss-120b","messages":[]}"#
            #expect(try mock.post("/mock-frail/mock/config?tokens=1&content=count&ok=1&delay=0", "").status == 200)
            #expect(try mock.post("/mock-frail/v1/chat/completions", body).body.contains(#""content":"w0 "}"#))
            #expect(try mock.post("/mock/config?nonsense=1", "").status == 400)
            #expect(try mock.post("/mock/config?status=418&delay=0", "").status == 200)
            #expect(try mock.post("/mock-frail/v1/chat/completions", body).status == 418)
            #expect(try mock.post("/mock/reset", "").body == "{}")
            #expect(try statistic("chat", mock) == 0)
            #expect(try mock.get("/mock/reset").status == 405)
        }
    }

    @Test func `a hidden quota is enforced for each key`() throws {
        try LoopbackMock.with { (mock) throws in
            let script = "quota=2/60,retry-after=1"
            for status in [200, 200, 429] { #expect(try mock.chat(chat, script: script, headers: "authorization: Bearer a\r\n").status == status) }
            #expect(try mock.chat(chat, script: script, headers: "authorization: Bearer b\r\n").status == 200)
            let refused = try mock.chat(chat, script: script, headers: "authorization: Bearer a\r\n")
            #expect(refused.head.contains("\r\nretry-after: 5") || refused.head.contains("\r\nretry-after: 60"))
        }
    }

    @Test func `faults can be limited to the first requests`() throws {
        try LoopbackMock.with { (mock) throws in
            for status in [503, 503, 200, 200] { #expect(try mock.chat(chat, script: "status=503,times=2").status == status) }
        }
    }

    @Test func `the same seed gives the same answers and faults`() throws {
        func course() throws -> [Int] {
            var statuses: [Int] = []
            try LoopbackMock.with(seed: 99) { (mock) throws in
                let client = try mock.connect()
                for _ in 0..<60 {
                    client.send(post: "/v1/chat/completions", chat, script: "fail=0.3:429,fail=0.2:500")
                    statuses.append(client.receive().status)
                }
            }
            return statuses
        }
        let first = try course()
        let second = try course()
        #expect(first == second)
        #expect(Set(first) == [200, 429, 500])
    }

    @Test func `the counters are separate for providers and models`() throws {
        try LoopbackMock.with(.demonstration) { (mock) throws in
            _ = try mock.post("/mock/config?ok=1&delay=0&ttft=0&gap=0", "")
            _ = try mock.post("/mock-swift/v1/chat/completions", #"{"model":"qwen/qwen3-32b","messages":[]}"#)
            _ = try mock.post(
                "/mock-frail/v1/chat/completions", #"{"model":"llama-3.3-70b","stream":true}"#, headers: "authorization: Bearer x\"y\r\n")
            let stats = try mock.get("/mock/stats").body
            #expect(
                stats.contains(
                    #""last_model":"llama-3.3-70b","last_auth":"Bearer x\"y","last_path":"/mock-frail/v1/chat/completions","last_body_bytes":39"#))
            #expect(stats.contains(#""models":{"qwen/qwen3-32b":{"requests":1,"streams":0,"failed":0}}"#))
            #expect(stats.contains(#""models":{"llama-3.3-70b":{"requests":1,"streams":1,"failed":0}}"#))
        }
    }

    // MARK: Counters

    /// A number of the counters: as soon as it is `goal`, or whatever it is after a while.
    private func statistic(_ name: String, _ mock: LoopbackMock, until goal: Int? = nil) throws -> Int {
        let client = try mock.connect()
        var value = 0
        for _ in 0..<20_000 {
            client.send("GET /mock/stats HTTP/1.1\r\nhost: mock\r\n\r\n")
            let body = client.receive().body
            let rest = try #require(body.split(separator: "\"\(name)\":", maxSplits: 1).last)
            value = try #require(Int(rest.prefix { $0.isNumber }))
            if goal == nil || value == goal { break }
        }
        return value
    }

    /// A number of the counters once it has not changed for a thousand reads.
    private func settled(_ name: String, _ mock: LoopbackMock) throws -> Int {
        var value = try statistic(name, mock, until: nil)
        for _ in 0..<50 {
            var same = 0
            while same < 1000 {
                let now = try statistic(name, mock, until: nil)
                if now != value { break }
                same += 100
            }
            let now = try statistic(name, mock, until: nil)
            if now == value, same >= 1000 { return value }
            value = now
        }
        return value
    }
}
