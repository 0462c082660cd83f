import EventLoop
import GatewayTesting
import Testing

@testable import Gateway

/// Refusals that say the same to every request: they are asked for again a few times, and not by each request first.
@Suite struct ClosedDoorTests {
    struct Door: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let script: UpstreamScript
        /// What a client is told where there is no other provider.
        let status: Int
        let code: String

        init(_ name: String, _ status: Int, _ body: String, told: (Int, String), type: String = "application/json") {
            testDescription = name
            script = .status(status, body, type: type)
            (self.status, code) = told
        }
    }

    private static let credentials = (502, "upstream_credentials_exhausted")
    private static let money = (429, "insufficient_quota")
    private static let gone = (404, "model_not_found")
    private static let page = "<html><head><title>401 Authorization Required</title></head><body><h1>401 Authorization Required</h1></body></html>"

    private static let doors = [
        Door("Bedrock, the key", 403, #"{"Message":"Authentication failed: Please make sure your API Key is valid."}"#, told: credentials),
        Door("Bedrock, the token", 403, #"{"message":"The security token included in the request is invalid."}"#, told: credentials),
        Door(
            "Bedrock, by its type", 403, #"{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"no"}"#, told: credentials),
        Door("nginx", 401, page, told: credentials, type: "text/html"),
        Door(
            "Vercel", 403,
            #"{"error":{"message":"AI Gateway requires a valid credit card on file to service requests.","type":"customer_verification_required"}}"#,
            told: money),
        Door("Groq", 403, #"{"error":{"message":"Access denied. Please check your network settings."}}"#, told: credentials),
        Door("Azure", 403, #"{"error":{"code":"AccessDenied","message":"Access denied due to Virtual Network/Firewall rules."}}"#, told: credentials),
        Door("a firewall", 403, "error code: 1020", told: credentials, type: "text/plain"),
        Door("a bare word", 403, "Forbidden", told: credentials, type: "text/plain"),
        Door("nothing", 403, "", told: credentials),
        Door("a page", 403, "<html><body>Forbidden</body></html>", told: credentials, type: "text/html"),
        Door("a blocked account", 403, #"{"error":{"message":"Request blocked.","code":"user_blocked"}}"#, told: credentials),
        Door(
            "OpenRouter", 404,
            #"{"error":{"message":"The free period of this model has ended. To continue, use the paid slug: v/m","code":404}}"#, told: gone),
        Door("llama-swap", 404, "could not find real modelID for m", told: gone, type: "text/plain"),
        Door("no such path", 404, "404 page not found", told: gone, type: "text/plain"),
        Door("no such path in JSON", 404, #"{"detail":"Not Found"}"#, told: gone),
    ]

    @Test(arguments: doors) func `whoever refuses everybody is asked by two of twelve requests`(door: Door) throws {
        try withGateway(.script("a", door.script), ScriptedProvider("b", answer: { .reply(to: $0, "from b") })) { simulation in
            for number in 0..<12 {
                let client = simulation.client()
                client.chat("question \(number)", model: "a/m,b/m", stream: number % 2 == 1)
                #expect(client.answer?.content == "from b", "\(client.received)")
                simulation.advance(by: .seconds(4))
            }
            #expect(simulation.asked.count { $0 == "a" } <= 2, "\(simulation.asked)")
        }
    }

    @Test(arguments: doors) func `two clients that met it in a row are enough for everybody`(door: Door) throws {
        try withGateway(.script("a", door.script), ScriptedProvider("b", answer: { .reply(to: $0, "from b") })) { simulation in
            let tokens = (0..<6).map { simulation.addKey("client \($0)") }
            for number in 0..<12 {
                let client = simulation.client(tokens[number % 6])
                client.chat("question \(number)", model: "a/m,b/m")
                #expect(client.answer?.content == "from b", "\(client.received)")
                simulation.advance(by: .seconds(4))
            }
            #expect(simulation.asked.count { $0 == "a" } <= 2, "\(simulation.asked)")
        }
    }

    @Test(arguments: doors) func `alone it is told as what it is, and not as the client's mistake`(door: Door) throws {
        try withGateway(.script("a", door.script)) {
            $0.failure.wait = .zero
        } _: { simulation in
            for number in 0..<4 {
                let client = simulation.client()
                client.chat("question \(number)")
                #expect(client.answer?.status == door.status && client.answer?.errorCode == door.code, "\(client.received)")
            }
            #expect(simulation.calls.count <= 2)
        }
    }

    @Test(arguments: doors) func `what only the requests of one client meet keeps nobody else away`(door: Door) throws {
        let odd = ScriptedProvider.answering("a") { $0.text.contains("odd") ? door.script : .reply(to: $0, "from a") }
        try withGateway(odd, ScriptedProvider("b", answer: { .reply(to: $0, "from b") })) { simulation in
            let (ann, bob) = (simulation.addKey("ann"), simulation.addKey("bob"))
            for number in 0..<40 {
                simulation.client(ann).chat("odd \(number)", model: "a/m,b/m")
                let client = simulation.client(bob)
                client.chat("even \(number)", model: "a/m,b/m")
                #expect(client.answer?.content == "from a", "\(client.received)")
                simulation.advance(by: .seconds(20))
            }
            #expect(simulation.gateway.restReports().allSatisfy { $0.audience != .everybody })
        }
    }

    @Test func `a path that a provider has again is found within minutes, however often it was not there`() throws {
        var isThere = false
        let provider = ScriptedProvider.answering("a") { isThere ? .reply(to: $0, "from a") : .status(404, "404 page not found", type: "text/plain") }
        try withGateway(provider) {
            $0.failure.wait = .zero
        } _: { simulation in
            for number in 0..<60 {
                simulation.client().chat("question \(number)")
                simulation.advance(by: .seconds(10))
            }
            #expect(simulation.calls.count <= 5)
            isThere = true
            simulation.advance(by: .seconds(1300))
            let client = simulation.client()
            client.chat("and now")
            #expect(client.answer?.content == "from a", "no model is retired for a path")
        }
    }
}
