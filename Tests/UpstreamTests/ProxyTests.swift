import EventLoop
import Foundation
import Gateway
import Glibc
import LoopTesting
import Testing
import Upstream
import Wire

/// A proxy that understands CONNECT (RFC 9110 §9.3.6), and counts its tunnels.
private struct Proxy {
    let server: PeerServer
    let tunnels = Shared<[String]>([])

    /// - Parameter authorization: The value that the client must send; `nil` for none.
    init(authorization: String? = nil, refusal: String? = nil) throws {
        let tunnels = tunnels
        server = try PeerServer { client, _ in
            let request = try client.receiveHead()
            if let refusal { return try client.send(refusal) }
            guard authorization == nil || request["proxy-authorization"] == authorization else {
                return try client.send(
                    "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n")
            }
            let parts = request.startLine.split(separator: " ")
            guard parts.count == 3, parts[0] == "CONNECT", let port = parts[1].split(separator: ":").last.flatMap({ UInt16($0) }) else {
                return try client.send("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
            }
            tunnels.update { $0.append(String(parts[1])) }
            let target = try Peer(port: port)
            try client.send("HTTP/1.1 200 Connection established\r\n\r\n")
            Thread.detachNewThread { Proxy.copy(target, client) }
            Proxy.copy(client, target)
        }
    }

    private static func copy(_ from: Peer, _ to: Peer) {
        while let bytes = try? from.receive(), !bytes.isEmpty { if (try? to.send(bytes)) == nil { break } }
        to.interrupt()
    }

    func url(_ user: String = "") -> String { "http://\(user)127.0.0.1:\(server.port)" }
}

@Suite(.timeLimit(.minutes(1))) struct ProxyTests {
    @Test func `an http host is reached through a tunnel that is kept`() async throws {
        try await withTransport { fixture in
            let proxy = try Proxy()
            let server = try PeerServer.answering { request, connection, _ in ok("\(connection) \(request.startLine) \(request.text)") }
            let origin = UpstreamOrigin(isSecure: false, host: "127.0.0.1", port: Int(server.port), proxy: proxy.url())
            for number in 0..<50 {
                let answer = await fixture.fetch(origin, "/p", body: Array("\(number)".utf8))
                #expect(answer.isComplete && answer.text == "1 POST /p HTTP/1.1 \(number)")
            }
            #expect(proxy.tunnels.value == ["127.0.0.1:\(server.port)"])
            let large = BytePattern.bytes(from: 0, count: 100_000)
            #expect(await fixture.fetch(origin, body: large).body.count > 100_000)
            server.stop()
            proxy.server.stop()
        }
    }

    @Test func `an https host is reached through a tunnel that is kept, and verified`() async throws {
        let certificates = try #require(Certificates.shared)
        try await withTransport { fixture in
            let proxy = try Proxy(authorization: "Basic dXNlcjpwYXNz")
            let origin = certificates.origin(certificates.good, proxy: proxy.url("user:pass@"))
            for number in 0..<50 {
                let answer = await fixture.fetch(origin, "/\(number)")
                #expect(answer.isComplete && answer.text == "/\(number)" && answer["x-alpn"] == "http/1.1")
            }
            #expect(proxy.tunnels.value == ["127.0.0.1:\(certificates.good)"])
            let wrong = await fixture.fetch(certificates.origin(certificates.otherHost, proxy: proxy.url("user:pass@")))
            #expect(wrong.failure?.kind == .tls)
            proxy.server.stop()
        }
    }

    @Test func `a refusal by a proxy is reported as the proxy's, with its status`() async throws {
        try await withTransport { fixture in
            let refusals = [
                try Proxy(authorization: "Basic dXNlcjpwYXNz"), try Proxy(refusal: "HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!"),
                try Proxy(refusal: "HTTP/1.1 502 Bad Gateway\r\n\r\n"),
            ]
            for (proxy, status) in zip(refusals, ["407", "403", "502"]) {
                for isCold in [false, true] {
                    let origin = UpstreamOrigin(isSecure: false, host: "127.0.0.1", port: 9, proxy: proxy.url("user:wrong@"))
                    let answer = await fixture.fetch(origin, isCold: isCold)
                    #expect(answer.failure?.kind == .proxy)
                    #expect(answer.failure?.detail.contains(status) == true, "\(answer.failure?.detail ?? "")")
                    #expect(answer.failure?.detail.contains("wrong") == false)
                }
                proxy.server.stop()
            }
        }
    }

    @Test(arguments: [false, true])
    func `a proxy that breaks off without an answer is reported as the cause`(resets: Bool) async throws {
        try await withTransport { fixture in
            let proxy = try PeerServer { client, _ in
                _ = try client.receiveHead()
                if resets { client.reset() }
            }
            for isCold in [false, true] {
                let origin = UpstreamOrigin(isSecure: false, host: "127.0.0.1", port: 9, proxy: "http://127.0.0.1:\(proxy.port)")
                let answer = await fixture.fetch(origin, isCold: isCold)
                #expect(answer.failure?.kind == .proxy, "\(answer.failure?.detail ?? "")")
            }
            proxy.stop()
        }
    }

    @Test(arguments: ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 999999999999\r\n\r\n"])
    func `a proxy that answers endlessly is given up and reported as the cause`(start: String) async throws {
        try await withTransport { fixture in
            let proxy = try PeerServer { client, _ in
                _ = try client.receiveHead()
                try client.send(start)
                while true { try client.send(String(repeating: "x-a: y\r\n", count: 1000)) }
            }
            for isCold in [false, true] {
                let origin = UpstreamOrigin(isSecure: false, host: "127.0.0.1", port: 9, proxy: "http://127.0.0.1:\(proxy.port)")
                let answer = await fixture.fetch(origin, isCold: isCold)
                #expect(answer.failure?.kind == .proxy, "\(answer.failure?.detail ?? "")")
            }
            proxy.stop()
        }
    }

    @Test func `a missing proxy is a failure to connect`() async throws {
        try await withTransport { fixture in
            let (descriptor, port) = try PeerServer.listen(backlog: nil)
            defer { close(descriptor) }
            let origin = UpstreamOrigin(isSecure: false, host: "127.0.0.1", port: 9, proxy: "http://127.0.0.1:\(port)")
            let answer = await fixture.fetch(origin)
            #expect(answer.failure?.kind == .connect || answer.failure?.kind == .proxy)
        }
    }
}
