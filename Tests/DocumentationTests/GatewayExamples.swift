import Admin
import EventLoop
import Foundation
import Gateway
import GatewayTesting
import HTTPServer
import LoopTesting
import Observability
import Storage
import Testing
import Upstream
import Wire

@Suite(.timeLimit(.minutes(5))) struct GatewayExamples {
    @Test func `Gateway answers for its providers`() async throws {
        try await withLoop { loop in
            let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
            // Example: Gateway
            var local = ProviderConfiguration(name: "local", baseURL: try HTTPURL(parsing: "http://127.0.0.1:11434/v1"))
            local.models = [ModelConfiguration(id: "llama3.2")]
            let transport = try CurlTransport(on: loop)
            let log = RequestLog(to: LogSink(), json: true)
            let gateway = Gateway(GatewayConfiguration(providers: [local]), on: loop, transport: transport, observer: log)
            let server = try HTTPServer(on: loop, address: address, responder: gateway)
            await gateway.start()
            // End
            log.isQuiet = true
            let answer = try await receive(
                from: try #require(server.address), "GET /v1/models HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n", on: loop)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.contains("\"llama3.2\""))
            await server.drain(deadline: .seconds(1))
            gateway.stop()
            transport.close()
            try await pause(.milliseconds(20), on: loop)
        }
    }

    @Test func `AttemptPlan says what follows a failure`() {
        let now = LoopInstant(nanoseconds: 1_000_000_000)
        // Example: AttemptPlan
        var plan = AttemptPlan(candidates: 2, most: 3, deadline: now.advanced(by: .seconds(60)), patience: now)
        let first = plan.step(after: nil, at: now, availability: { _ in .ready }, context: { _ in 0 })  // .attempt(0)
        let busy = FailureVerdict(.overloaded(status: 503), scope: .keyModel)
        let second = plan.step(after: busy, at: now, availability: { _ in .ready }, context: { _ in 0 })  // .attempt(1)
        // End
        #expect(first == .attempt(0) && second == .attempt(1))
    }

    @Test func `CurlTransport carries a rare call, whole`() async throws {
        // Example: CurlTransport
        final class Page: UpstreamConsumer {
            private(set) var status = 0
            private(set) var body: [UInt8] = []
            private(set) var hasEnded = false

            func receiveHead(status: Int, fields: borrowing HTTPFields) { self.status = status }

            func receive(_ chunk: RawSpan) -> Demand {
                body += chunk.array
                return .more
            }

            func receiveEnd(_ end: UpstreamEnd) { hasEnded = true }

            static func get(_ path: String, at origin: UpstreamOrigin, by transport: CurlTransport) -> Page {
                let endpoint = UpstreamEndpoint(origin: origin, method: .get, target: path, fields: [])
                let page = Page()
                _ = transport.start(UpstreamRequest(endpoint: endpoint, body: nil, timeouts: UpstreamTimeouts(), isCold: true), delivering: page)
                return page
            }
        }
        // End
        try await withLoop { loop in
            let simple = Simple()
            let server = try HTTPServer(on: loop, address: try #require(SocketAddress(host: "127.0.0.1", port: 0)), responder: simple)
            let transport = try CurlTransport(on: loop)
            let origin = UpstreamOrigin(isSecure: false, host: "127.0.0.1", port: Int(try #require(server.address).port), proxy: "")
            let page = Page.get("/models", at: origin, by: transport)
            try await eventually(on: loop, "the page") { page.hasEnded }
            #expect(page.status == 200 && page.body == Array("[]".utf8))
            transport.close()
            await server.drain(deadline: .seconds(1))
            try await pause(.milliseconds(20), on: loop)
        }
    }

    /// Answers everything with an empty list.
    private final class Simple: HTTPResponder {
        func screen(_ exchange: HTTPExchange) -> Screening { .proceed(maximumBodyBytes: 0) }
        func respond(to exchange: HTTPExchange) async { exchange.respond(status: 200, body: StaticString("[]").span) }
        func refuse(_ refusal: HTTPRefusal, on exchange: HTTPExchange) { exchange.respond(status: refusal.status, body: RawSpan()) }
    }

    @Test func `SQLiteStore keeps keys, and AdminResponder makes them`() async throws {
        let directory = NSTemporaryDirectory() + "best-example-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await withLoop { loop in
            // Example: SQLiteStore
            let store = try SQLiteStore(directory: directory, on: loop)
            try await store.open()
            let keys = try await store.keys()  // the oldest first; none in a new directory
            // End
            let gateway = Gateway(
                GatewayConfiguration(), on: loop, transport: ScriptedTransport(on: loop), observer: CompletionRecorder(), store: store)
            // Example: AdminResponder
            let admin = AdminResponder(gateway, store: store)
            let body = Array(#"{"name": "team", "limits": {"requests_per_minute": 100}}"#.utf8)
            let made = try await admin.respond(to: AdminRequest(method: .post, path: ["keys"], body: body))
            // the key is in `plaintext_key` of made.body, this once
            // End
            #expect(keys.isEmpty && String(decoding: made.body, as: UTF8.self).contains("\"plaintext_key\""))
            #expect(try await store.keys().count == 1)
            gateway.stop()
            store.detach()
            store.close()
        }
    }

    @Test func `RequestLog writes lines for people or for machines`() {
        // Example: RequestLog
        let log = RequestLog(to: LogSink(), json: false)
        log.showsTime = false  // the journal has its own
        log.change(toJSON: true, coloured: false)  // from the next line on
        // End
        #expect(!log.showsTime)
    }
}
