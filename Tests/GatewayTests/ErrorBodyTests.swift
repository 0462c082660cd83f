import EventLoop
import Foundation
import Gateway
import GatewayTesting
import HTTPServer
import Testing

/// Every error that a client can be told, whole: its status, its object, and the header fields that clients act on; with a stream asked for and without,
/// before the answer has begun, behind comments that keep the connection alive, and behind content.
@Suite struct ErrorBodyTests {
    /// One way to fail, and what the client is told.
    struct Failure: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let status: Int
        let type: String
        let code: String?
        var param: String?
        /// What further header fields hold; a field with `nil` is not there.
        var fields: [String: String?] = [:]
        /// What every provider answers with; `nil` where none is asked.
        var script: UpstreamScript?
        var configure: @Sendable (inout GatewayConfiguration) -> Void = { _ in }
        /// Asks; by default a chat request of somebody without a key.
        var ask: @Sendable (GatewaySimulation, _ stream: Bool) -> SimulatedClient = { simulation, stream in
            let client = simulation.client()
            client.chat(stream: stream)
            return client
        }

        init(_ name: String, _ status: Int, _ type: String, _ code: String?) {
            (testDescription, self.status, self.type, self.code) = (name, status, type, code)
        }

        func param(_ name: String) -> Failure { with { $0.param = name } }
        func fields(_ fields: [String: String?]) -> Failure { with { $0.fields = fields } }
        func script(_ script: UpstreamScript) -> Failure { with { $0.script = script } }
        func configured(_ configure: @escaping @Sendable (inout GatewayConfiguration) -> Void) -> Failure { with { $0.configure = configure } }
        func asked(_ ask: @escaping @Sendable (GatewaySimulation, Bool) -> SimulatedClient) -> Failure { with { $0.ask = ask } }

        /// Somebody with a key that has limits, and has used them with so many requests before.
        func limited(after count: Int = 1, _ limit: @escaping @Sendable (inout KeyLimits) -> Void) -> Failure {
            script(.completion("x", tokens: (600, 300))).asked { simulation, stream in
                let client = simulation.client(simulation.addKey("key", limit))
                for _ in 0..<count { client.chat() }
                client.chat(stream: stream)
                return client
            }
        }

        /// One request of these words, sent as it is.
        func sent(_ method: String, _ path: String, _ body: String? = nil) -> Failure {
            asked { simulation, stream in
                let client = simulation.client()
                client.request(method, path, body: body.map { stream ? $0.replacing("}", with: ",\"stream\":true}") : $0 })
                return client
            }
        }

        private func with(_ change: (inout Failure) -> Void) -> Failure {
            var failure = self
            change(&failure)
            return failure
        }
    }

    private static func error(_ code: String, _ message: String = "what is wrong", param: String? = nil) -> String {
        #"{"error":{"message":"\#(message)","type":"t","param":\#(param.map { "\"\($0)\"" } ?? "null"),"code":"\#(code)"}}"#
    }

    // MARK: What is refused here

    private static let noRetry: [String: String?] = ["x-should-retry": "false"]
    private static let noHint: [String: String?] = ["retry-after": nil, "retry-after-ms": nil]

    static let ofTheRequest: [Failure] = [
        Failure("no JSON", 400, "invalid_request_error", nil).sent("POST", "/v1/chat/completions", "{\"model\":}"),
        Failure("no model", 400, "invalid_request_error", nil).param("model").sent("POST", "/v1/chat/completions", "{\"messages\":[1]}"),
        Failure("no messages", 400, "invalid_request_error", nil).param("messages").sent("POST", "/v1/chat/completions", "{\"model\":\"m\"}"),
        Failure("a model that nobody has", 404, "invalid_request_error", "model_not_found").param("model")
            .sent("POST", "/v1/chat/completions", "{\"model\":\"none\",\"messages\":[1]}"),
        Failure("a path that is not there", 404, "invalid_request_error", "unknown_url").sent("POST", "/v1/none", "{}"),
        Failure("a wrong method", 405, "invalid_request_error", "unknown_url").fields(["allow": "POST, OPTIONS"]).sent("GET", "/v1/chat/completions"),
        Failure("too long a body", 413, "invalid_request_error", "request_too_large").configured { $0.server.limits.maximumBodyBytes = 50 },
        Failure("a body that does not come", 408, "invalid_request_error", "request_timeout").asked { simulation, stream in
            let client = simulation.client()
            let text = client.text("POST", "/v1/chat/completions", body: SimulatedClient.chatBody(stream: stream))
            client.send(String(text.dropLast(10)))
            simulation.advance(by: .seconds(600))
            return client
        },
        Failure("a coding that is not read", 415, "invalid_request_error", nil).asked { simulation, stream in
            let client = simulation.client()
            client.chat(stream: stream, fields: [("content-encoding", "gzip")])
            return client
        },
        Failure("a request that is forgotten", 500, "server_error", "internal_error").asked { simulation, stream in
            let client = simulation.client(of: ForgetfulDoor(simulation.gateway))
            client.chat(stream: stream)
            return client
        },
    ]

    /// A defect of the gateway's own: a request that nobody answers.
    private final class ForgetfulDoor: HTTPResponder {
        private let gateway: Gateway
        init(_ gateway: Gateway) { self.gateway = gateway }
        func screen(_ exchange: HTTPExchange) -> Screening { gateway.screen(exchange) }
        func respond(to exchange: HTTPExchange) async {}
        func refuse(_ refusal: HTTPRefusal, on exchange: HTTPExchange) { gateway.refuse(refusal, on: exchange) }
    }

    private static func keyed(
        _ name: String, _ status: Int, _ type: String, _ code: String, _ token: @escaping @Sendable (GatewaySimulation) -> String?
    )
        -> Failure
    {
        Failure(name, status, type, code).asked { simulation, stream in
            _ = simulation.addKey("somebody else")
            let client = simulation.client(token(simulation))
            client.chat(stream: stream)
            return client
        }
    }

    private static let bearer: [String: String?] = ["www-authenticate": "Bearer"]

    static let ofTheKey: [Failure] = [
        keyed("no key", 401, "invalid_request_error", "invalid_api_key") { _ in nil }.fields(bearer),
        keyed("a wrong key", 401, "invalid_request_error", "invalid_api_key") { _ in "wrong" }.fields(bearer),
        keyed("a revoked key", 401, "invalid_request_error", "invalid_api_key") { simulation in
            let token = simulation.addKey("gone")
            simulation.revokeKey("gone")
            return token
        }.fields(bearer),
        keyed("an expired key", 401, "invalid_request_error", "invalid_api_key") { simulation in
            let token = simulation.addKey("late")
            simulation.changeKey("late") { $0.expiresAt = UnixTime(milliseconds: Int64(GatewaySimulation.epoch)) }
            return token
        }.fields(bearer),
        keyed("a model that the key may not use", 403, "permission_error", "model_not_allowed") { $0.addKey("narrow", models: ["other"]) }.param(
            "model"),
        Failure("the key's requests in a minute", 429, "requests", "rate_limit_exceeded")
            .fields(["x-ratelimit-remaining-requests": "0"]).limited { $0.requestsPerMinute = 1 },
        Failure("the key's tokens in a minute", 429, "tokens", "rate_limit_exceeded").limited(after: 2) { $0.tokensPerMinute = 2000 },
        Failure("the key's requests in a day", 429, "insufficient_quota", "insufficient_quota").fields(noRetry).limited { $0.requestsPerDay = 1 },
        Failure("the key's tokens in a day", 429, "insufficient_quota", "insufficient_quota").fields(noRetry).limited(after: 2) {
            $0.tokensPerDay = 2000
        },
        Failure("the key's budget", 429, "insufficient_quota", "insufficient_quota").fields(noRetry).limited(after: 2) {
            $0.budget = Money(dollars: 1000)
        },
        Failure("the key's requests at a time", 429, "requests", "rate_limit_exceeded").fields(["retry-after": "1", "retry-after-ms": "1000"])
            .asked { simulation, stream in
                let token = simulation.addKey("key") { $0.concurrency = 1 }
                simulation.client(token).chat()
                let client = simulation.client(token)
                client.chat(stream: stream)
                return client
            },
    ]

    static let ofTheGateway: [Failure] = [
        Failure("a gateway that ends", 503, "server_error", "overloaded").fields(["retry-after": "1"]).asked { simulation, stream in
            simulation.gateway.isDraining = true
            let client = simulation.client()
            client.chat(stream: stream)
            return client
        },
        Failure("a queue that is full", 503, "server_error", "overloaded").fields(["retry-after": "1"]).configured {
            $0.failure.waitingRequests = 0
            $0.providers[0].limits.concurrency = 1
            $0.providers[1].limits.concurrency = 1
        }.asked { simulation, stream in
            for _ in 0..<2 { simulation.client().chat() }
            let client = simulation.client()
            client.chat(stream: stream)
            return client
        },
    ]

    // MARK: What providers have failed at

    static let ofProviders: [Failure] = [
        Failure("a mistake that every provider rejects", 400, "invalid_request_error", "odd").param("top_p").fields(noRetry)
            .script(.status(400, error("odd", param: "top_p"))),
        Failure("a value that is rejected as such", 422, "invalid_request_error", "odd").fields(noRetry).script(.status(422, error("odd"))),
        Failure("refused content", 400, "invalid_request_error", "content_filter").fields(noRetry).script(.status(403, error("content_filter"))),
        Failure("a code that is a number", 400, "invalid_request_error", nil).script(.status(400, #"{"error":{"message":"no","code":400}}"#)),
        Failure("too long a prompt", 400, "invalid_request_error", "context_length_exceeded").fields(noRetry)
            .script(.status(400, error("context_length_exceeded"))),
        Failure("a model that is gone", 404, "invalid_request_error", "model_not_found").param("model").script(
            .status(404, error("model_not_found"))),
        Failure("rejected credentials", 502, "server_error", "upstream_credentials_exhausted").fields(noRetry).script(.status(401)),
        Failure("closed doors", 502, "server_error", "upstream_credentials_exhausted").fields(noRetry)
            .script(.status(403, "<html>no</html>", type: "text/html")),
        Failure("accounts without money", 429, "insufficient_quota", "insufficient_quota").fields(noRetry).script(.status(402)),
        Failure("limits of all providers", 429, "requests", "pool_exhausted").fields([
            "retry-after": "30", "retry-after-ms": "30000", "x-should-retry": nil,
        ])
        .script(.status(429, fields: [("retry-after", "30")])),
        Failure("limits for more than a minute", 429, "requests", "pool_exhausted").fields(["retry-after": "90", "x-should-retry": "false"])
            .script(.status(429, fields: [("retry-after", "90")])),
        Failure("nobody to be reached", 503, "server_error", "overloaded").script(.failure(.connect)),
        Failure("no connection to spare", 503, "server_error", "overloaded").fields(["retry-after": "1"]).script(.failure(.local)),
        Failure("connections that break", 502, "server_error", "upstream_error").fields(noHint).script(.failure(.closedBeforeAnswer)),
        Failure("answers that are none", 502, "server_error", "upstream_error").script(.status(200, "<html>", type: "text/html")),
        Failure("errors in place of answers", 502, "server_error", "upstream_error").script(.status(200, error("x"))),
        Failure("silence", 504, "server_error", "upstream_timeout").script(.silence),
    ]

    // MARK: The object

    private struct NoError: Error, CustomStringConvertible {
        let description: String
    }

    /// The error object, after a look at its form.
    private func object(_ parent: Any?, in text: String, mayHaveMore: Bool = false) throws -> [String: Any] {
        guard let parent = parent as? [String: Any], let error = parent["error"] as? [String: Any] else { throw NoError(description: text) }
        #expect(mayHaveMore || Set(parent.keys) == ["error"], "\(text)")
        #expect(Set(error.keys).isSuperset(of: ["message", "type", "param", "code"]) && error.keys.count <= 5, "\(text)")
        #expect(error.keys.count == 4 || error["best"] is [String: Any], "\(text)")
        #expect(error["code"] is String || error["code"] is NSNull, "a code is text or null: \(text)")
        #expect(error["param"] is String || error["param"] is NSNull, "\(text)")
        let message = try #require(error["message"] as? String)
        #expect(!message.isEmpty && !message.contains("sk-provider") && !message.contains("\n"), "\(text)")
        return error
    }

    private func check(_ error: [String: Any], is failure: Failure, _ text: String) {
        #expect(error["type"] as? String == failure.type && error["code"] as? String == failure.code, "\(text)")
        #expect(error["param"] as? String == failure.param, "\(text)")
    }

    private func json(_ text: some StringProtocol) -> Any? { try? JSONSerialization.jsonObject(with: Data(text.utf8)) }

    private func run(
        _ failure: Failure, stream: Bool, after delay: Duration = .zero, _ body: (GatewaySimulation, ReceivedAnswer) throws -> Void
    ) throws {
        // Of two one would be given up for the other before a comment is due.
        let providers = (delay > .zero ? ["a"] : ["a", "b"]).map { name in
            ScriptedProvider(name) {
                $0.models?[0].promptPrice = 1_000_000
                $0.models?[0].completionPrice = 0
            } answer: { _ in
                failure.script?.after(delay) ?? .silence
            }
        }
        try withGateway(providers) {
            $0.failure.wait = .zero
            // Silence is to be told before a comment is due, or behind one.
            $0.timeouts.firstByte = delay > .zero ? .seconds(20) : .seconds(5)
            failure.configure(&$0)
        } _: { simulation in
            let client = failure.ask(simulation, stream)
            simulation.advance(by: .seconds(1))
            if failure.script != nil { simulation.advance(by: .seconds(100)) }
            #expect(client.problem == nil)
            try body(simulation, try #require(client.answer, "\(client.received)"))
        }
    }

    @Test(arguments: ofTheRequest + ofTheKey + ofTheGateway + ofProviders, [false, true])
    func `before an answer has begun an error has its status, its object and its hints`(failure: Failure, stream: Bool) throws {
        try run(failure, stream: stream) { simulation, answer in
            #expect(answer.status == failure.status && answer.isWhole, "\(answer.text)")
            #expect(answer["content-type"] == "application/json" && answer["x-request-id"]?.hasPrefix("req_") == true)
            check(try object(json(answer.text), in: answer.text), is: failure, answer.text)
            for (name, value) in failure.fields { #expect(answer[name] == value, "\(name): \(answer[name] ?? "none")") }
            if let seconds = answer["retry-after"].flatMap({ Int($0) }) {
                let milliseconds = try #require(Int(answer["retry-after-ms"] ?? ""))
                #expect(seconds * 1000 >= milliseconds && (seconds - 1) * 1000 < milliseconds && milliseconds > 0)
                #expect(answer.values(of: "retry_at").count == 1, "the time is also told as one")
            }
            #expect((answer["x-best-trail"] != nil) == (failure.script != nil && answer["x-best-attempts"] != nil))
            #expect(simulation.observer.completed.last?.errorCode == failure.code && simulation.observer.completed.last?.outcome == .refused)
        }
    }

    @Test(arguments: ofProviders)
    func `behind comments the same error is the last event, since the status is out`(failure: Failure) throws {
        // Nobody waits long for an answer that has not begun.
        try run(failure, stream: true, after: .seconds(16)) { simulation, answer in
            #expect(answer.status == 200 && answer.isWhole && answer.comments.contains("keep-alive"), "\(answer.text)")
            let event = try #require(answer.events.last)
            check(try object(json(event), in: event, mayHaveMore: true), is: failure, event)
            #expect(answer.events.count == 1 && !answer.text.contains("[DONE]") && event.contains(#""finish_reason":"error""#))
            #expect(answer.comments.contains { $0.hasPrefix("x-best-attempts: ") })
            #expect(simulation.observer.completed.last?.outcome == .broken)
        }
    }

    // MARK: Behind content

    /// What comes behind the first word, and what the client is told of it.
    struct Break: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let code: String
        let type: String
        let script: UpstreamScript

        init(_ name: String, _ code: String, _ script: UpstreamScript, type: String = "server_error") {
            (testDescription, self.code, self.type, self.script) = (name, code, type, script)
        }

        init(_ name: String, _ code: String, event: String, type: String = "server_error") {
            self.init(name, code, UpstreamScript([.read([Array("data: \(event)\n\n".utf8)]), .end(.complete)]), type: type)
        }
    }

    static let breaks: [Break] = [
        Break("a broken wire", "upstream_error", .failure(.truncated)), Break("no end", "upstream_error", UpstreamScript([.end(.complete)])),
        Break("a closed connection", "upstream_error", UpstreamScript([.end(.closed)])), Break("silence", "upstream_timeout", .silence),
        Break("an error", "upstream_error", event: error("x")), Break("what is no event", "upstream_error", event: "{"),
        Break("a limit", "rate_limit_exceeded", event: error("rate_limit_exceeded"), type: "requests"),
        Break("no money", "insufficient_quota", event: error("insufficient_quota"), type: "insufficient_quota"),
        Break("too long a prompt", "context_length_exceeded", event: error("context_length_exceeded"), type: "invalid_request_error"),
    ]

    /// An API that streams: its path, what is asked for, and the event of a word.
    struct API: CustomTestStringConvertible, Sendable {
        let path: String
        let body: String
        let word: String
        /// What the event of an error is called in it.
        let object: String
        var testDescription: String { path }
    }

    static let apis: [API] = [
        API(
            path: "/v1/chat/completions", body: #"{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}"#,
            word: ChatText.chunk("Hel"), object: "chat.completion.chunk"),
        API(
            path: "/v1/completions", body: #"{"model":"m","prompt":"hi","stream":true}"#,
            word: "data: {\"object\":\"text_completion\",\"choices\":[{\"index\":0,\"text\":\"Hel\"}]}\n\n", object: "text_completion"),
        API(
            path: "/v1/responses", body: #"{"model":"m","input":"hi","stream":true}"#,
            word: "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Hel\"}\n\n", object: "error"),
    ]

    @Test(arguments: breaks, apis)
    func `behind content an error is one event that no client takes for a success, and the end`(broken: Break, api: API) throws {
        let start = UpstreamScript([.head(status: 200, fields: [("content-type", "text/event-stream")]), .read([Array(api.word.utf8)])])
        try withGateway(.script("a", start.then(broken.script)), .script("b", .chunks("from b"))) { simulation in
            let client = simulation.client()
            client.request("POST", api.path, body: api.body)
            simulation.advance(by: .seconds(100))
            let answer = try #require(client.answer)
            #expect(answer.status == 200 && answer.isWhole && answer.text.hasPrefix(api.word) && simulation.asked == ["a"])
            let event = try #require(answer.events.last)
            #expect(answer.events.count == 2 && !answer.text.contains("[DONE]"), "\(answer.text)")
            let parent = try #require(json(event) as? [String: Any])
            let error = try object(parent, in: event, mayHaveMore: true)
            #expect(error["code"] as? String == broken.code && error["type"] as? String == broken.type, "\(event)")
            #expect(parent["object"] as? String == api.object && parent["provider"] as? String == "a" && parent["model"] as? String == "m")
            switch api.path {
            case "/v1/responses":
                #expect(parent["type"] as? String == "error" && parent["code"] as? String == broken.code && parent["message"] is String)
                #expect(answer.text.contains("event: error\ndata: {"))
            default:
                let choices = try #require(parent["choices"] as? [[String: Any]])
                #expect(choices.count == 1 && choices[0]["finish_reason"] as? String == "error" && choices[0]["index"] as? Int == 0)
            }
            #expect(simulation.observer.completed.last?.outcome == .broken && simulation.observer.completed.last?.errorCode == broken.code)
        }
    }

    @Test(arguments: apis) func `a key that is revoked ends its stream with an error of the key's`(api: API) throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let client = simulation.client(simulation.addKey("key"))
            client.request("POST", api.path, body: api.body)
            simulation.call?.beginStream()
            simulation.call?.send(api.word)
            simulation.revokeKey("key")
            simulation.call?.send(api.word)
            let event = try #require(client.answer?.events.last)
            let error = try object(json(event), in: event, mayHaveMore: true)
            #expect(error["code"] as? String == "invalid_api_key" && error["message"] as? String == "the API key was revoked")
        }
    }

    @Test func `every code of the table is told by one of these`() {
        let told = Set((Self.ofTheRequest + Self.ofTheKey + Self.ofTheGateway + Self.ofProviders).compactMap(\.code))
        #expect(
            told.isSuperset(of: [
                "invalid_api_key", "model_not_allowed", "model_not_found", "unknown_url", "request_too_large", "request_timeout",
                "rate_limit_exceeded",
                "insufficient_quota", "pool_exhausted", "overloaded", "context_length_exceeded", "upstream_credentials_exhausted", "upstream_error",
                "upstream_timeout", "internal_error",
            ]))
    }
}
