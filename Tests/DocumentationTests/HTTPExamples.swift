import Cryptography
import EventLoop
import HTTP1
import LoopTesting
import Testing
import Wire

@testable import HTTPServer

@Suite(.timeLimit(.minutes(5))) struct HTTPExamples {
    @Test func `HTTP1RequestParser yields the parts of a request`() throws {
        // Example: HTTP1RequestParser
        let parser = HTTP1RequestParser()
        let bytes = Array("POST /v1/embeddings HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}".utf8)
        var (offset, target, body) = (0, "", [UInt8]())
        reading: while true {
            switch try parser.next(in: bytes.span.bytes, at: &offset) {
            case .head: target = parser.target.text  // "/v1/embeddings"
            case .body(let range): body += bytes[range]  // "{}"
            case .needsMoreBytes, .end: break reading
            }
        }
        // End
        #expect(target == "/v1/embeddings" && body == Array("{}".utf8) && offset == bytes.count)
    }

    @Test func `SecretDigest compares secrets without keeping them`() {
        // Example: SecretDigest
        let (secret, guess) = (Array("sk-right".utf8), Array("sk-wrong".utf8))
        let kept = SecretDigest(of: secret.span.bytes)
        let isRight = kept.matches(SecretDigest(of: guess.span.bytes))  // false, in the time that true takes
        // End
        #expect(!isRight && kept.matches(SecretDigest(of: secret.span.bytes)))
    }

    @Test func `ConnectionState says what follows each event of a connection`() {
        // Example: ConnectionState
        var state = ConnectionState()
        state.headBegan()
        state.headEnded()
        let message = state.messageEnded()  // .answer: hand the request to the responder
        state.requestTaken()
        let answer = state.answerFinished(close: false, bodyIsShort: true)  // .wait: the responder has not returned
        let end = state.responderReturned()  // .next: read the next request
        // End
        #expect(message == .answer && answer == .wait && end == .next)
    }

    @Test func `HTTPExchange is answered by a responder`() async throws {
        // Example: HTTPExchange
        final class Hello: HTTPResponder {
            func screen(_ exchange: HTTPExchange) -> Screening { .proceed(maximumBodyBytes: 1024) }

            func respond(to exchange: HTTPExchange) async {
                exchange.respond(status: 200, contentType: "text/plain", body: StaticString("hello").span) { fields in
                    fields.add("cache-control", "no-store")
                }
            }

            func refuse(_ refusal: HTTPRefusal, on exchange: HTTPExchange) { exchange.respond(status: refusal.status, body: RawSpan()) }
        }
        // End
        try await withLoop { loop in
            let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
            let server = try HTTPServer(on: loop, address: address, responder: Hello())
            let answer = try await receive(from: try #require(server.address), "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", on: loop)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.contains("cache-control: no-store\r\n") && answer.hasSuffix("\r\n\r\nhello"))
            await server.drain(deadline: .seconds(1))
        }
    }
}

/// Sends text on a connection of its own, and waits for all that comes.
func receive(from address: SocketAddress, _ text: String, on loop: EventLoop) async throws -> String {
    let client = try TextClient(to: address, text, on: loop)
    try await eventually(on: loop, "the end of the answer") { client.isClosed }
    return client.answer
}

private final class TextClient: TCPConnectionDelegate {
    private let connection: TCPConnection
    private(set) var answer = ""
    private(set) var isClosed = false

    init(to address: SocketAddress, _ text: String, on loop: EventLoop) throws(UVError) {
        connection = try TCPConnection(connectingTo: address, on: loop)
        connection.delegate = self
        connection.startReading()
        let bytes = Array(text.utf8)
        _ = connection.write(bytes.span.bytes)
    }

    func connectionDidRead(_ bytes: RawSpan) { answer += bytes.text }
    func connectionDidReachEnd() { connection.close() }
    func connectionDidDrain() {}
    func connectionDidClose(_ reason: CloseReason) { isClosed = true }
}
