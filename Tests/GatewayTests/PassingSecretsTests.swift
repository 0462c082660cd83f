import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

@testable import Gateway

/// A provider's secrets in what goes on to the client as it comes.
@Suite struct PassingSecretsTests {
    private static let secret = "sk-0123456789abcdef"

    private func provider(_ script: UpstreamScript) -> ScriptedProvider { ScriptedProvider(keys: [Self.secret], answer: { _ in script }) }

    @Test func `a secret in an event of a stream does not reach the client, wherever the stream is cut`() throws {
        let clean = ChatText.events(["a ", "your key is [redacted]", " b"])
        let quoting = ChatText.events(["a ", "your key is \(Self.secret)", " b"])
        let script = UpstreamScript.events(quoting)
        for place in 0...script.body.count {
            try withGateway(provider(script.cut(at: place))) { simulation in
                let client = simulation.client()
                client.chat(stream: true, members: "\"stream_options\":{\"include_usage\":true}")
                #expect(client.answer?.text == clean.joined() && client.answer?.isWhole == true, "cut at \(place)")
            }
        }
    }

    @Test func `a secret in the first event, in a comment and in the last does not either`() throws {
        let events = [": \(Self.secret)\n\n", ChatText.chunk(Self.secret), ChatText.finish(Self.secret), "data: [DONE] \(Self.secret)\n\n"]
        for script in [UpstreamScript.events(events), UpstreamScript.events(events).inOneRead] {
            try withGateway(provider(script)) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                let answer = try #require(client.answer)
                #expect(answer.content == "[redacted]" && !answer.text.contains(Self.secret) && answer.isWhole)
            }
        }
    }

    @Test func `an event that is too large to be held has none either, wherever its pieces end`() throws {
        // What is passed on in pieces is more than the parser holds.
        let filler = String(repeating: "x", count: 600_000)
        let quoting = ChatText.chunk(filler + Self.secret + filler)
        let clean = ChatText.chunk(filler + "[redacted]" + filler) + ChatText.finish() + ChatText.done
        let script = UpstreamScript.events([quoting, ChatText.finish(), ChatText.done])
        let start = quoting.utf8.count / 2 - 30
        for place in start..<start + 60 {
            try withGateway(provider(script.cut(at: place))) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                #expect(client.answer?.text == clean && client.answer?.isWhole == true, "cut at \(place)")
            }
        }
    }

    @Test func `what goes on in pieces has no secret either, however it is spelt and wherever it is cut`() {
        let secret = "sk-secret-abcdef0123456789ABCDEF"
        let redactor = Redactor([Secret(secret)])
        let spelt = secret.utf8.enumerated().map { $0 % 3 == 1 ? "\\u00" + String($1, radix: 16) : String(UnicodeScalar($1)) }.joined()
        let text = Array("front \(secret) \\u0073 \(secret.prefix(16))*** \(spelt) \\u00 sk-sec".utf8)
        let clean = "front [redacted] \\u0073 [redacted]*** [redacted] \\u00 sk-sec"
        for first in 0...text.count {
            for size in [1, 7, 1000] {
                var passing = PassingRedactor(redactor)
                var result: [UInt8] = []
                passing.pass(Array(text[..<first]).span.bytes) { result += $0.array }
                var at = first
                while at < text.count {
                    let end = min(text.count, at + size)
                    passing.pass(Array(text[at..<end]).span.bytes, isLast: end == text.count) { result += $0.array }
                    at = end
                }
                if first == text.count { passing.pass(RawSpan(), isLast: true) { result += $0.array } }
                #expect(String(decoding: result, as: UTF8.self) == clean, "cut at \(first), then by \(size)")
            }
        }
    }

    @Test func `sound is as it came but for a secret, wherever it is cut`() throws {
        let noise = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let secret = Array(Self.secret.utf8)
        // Ends in what may be the beginning of one.
        let body = noise + secret + noise + secret.prefix(10) + noise + secret.prefix(5)
        let clean = noise + Array("[redacted]".utf8) + noise + secret.prefix(10) + noise + secret.prefix(5)
        let whole = UpstreamScript([.head(status: 200, fields: [("content-type", "audio/mpeg")]), .read([body]), .end(.complete)])
        for script in (0...body.count).map({ whole.cut(at: $0) }) + [whole.cut(every: 1), whole.cut(every: 7)] {
            try withGateway(provider(script)) { simulation in
                let client = simulation.client()
                client.request("POST", "/v1/audio/speech", body: "{\"model\":\"m\",\"input\":\"hi\",\"voice\":\"v\"}")
                #expect(client.answer?.body == clean && client.answer?.isWhole == true)
            }
        }
    }

    @Test(arguments: ["text/xml", "text/plain", "application/octet-stream", "audio/mpeg"], ["<Error>Bearer ", "{\"no JSON ", "no ", "\u{1}"])
    func `what is passed on whole is passed on without secrets, whatever it is labelled`(type: String, beginning: String) throws {
        let body = Array("\(beginning)\(Self.secret) is what it was".utf8)
        let clean = "\(beginning)[redacted] is what it was"
        let script = UpstreamScript([.head(status: 200, fields: [("content-type", type)]), .read([body]), .end(.complete)])
        try withGateway(provider(script)) { simulation in
            for (path, members) in [("audio/speech", #""input":"hi","voice":"v""#), ("images/generations", #""prompt":"hi""#)] {
                let client = simulation.client()
                client.request("POST", "/v1/\(path)", body: "{\"model\":\"m\",\(members)}")
                let answer = try #require(client.answer)
                #expect(answer.status != 200 || answer.text == clean)
                #expect(!answer.text.contains(Self.secret), "\(answer.text)")
            }
        }
    }

    @Test func `pieces of any sizes come out as they went in but for the secrets`() {
        var random = SplitMix(seed: 5)
        let secrets = ["abababababab", "ababababababcc", "aaaaaaaaaaaab"]
        let redactor = Redactor(secrets.map(Secret.init))
        for _ in 0..<3000 {
            var text = String((0..<Int.random(in: 0...40, using: &random)).map { _ in "abc".randomElement(using: &random)! })
            for _ in 0..<2 where Int.random(in: 0..<2, using: &random) == 0 {
                let place = text.index(text.startIndex, offsetBy: Int.random(in: 0...text.count, using: &random))
                text.insert(contentsOf: secrets.randomElement(using: &random)!, at: place)
            }
            var passing = PassingRedactor(redactor)
            var (result, bytes) = ([UInt8](), Array(text.utf8)[...])
            while !bytes.isEmpty {
                let piece = Array(bytes.prefix(Int.random(in: 1...20, using: &random)))
                bytes = bytes.dropFirst(piece.count)
                passing.pass(piece.span.bytes) { result += $0.array }
            }
            passing.pass(RawSpan(), isLast: true) { result += $0.array }
            let clean = String(decoding: result, as: UTF8.self)
            #expect(secrets.allSatisfy { !clean.contains($0) }, "\(text)")
            if secrets.allSatisfy({ !text.contains($0) }) { #expect(clean == text) }
        }
    }
}
