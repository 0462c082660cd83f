import Foundation
import Testing

@Suite struct DrainTests {
    private static let hanging = [Provider("a", "tokens=9;stall=1")]

    @Test func `at the deadline a stream is told why it ends, and what has not begun gets an error`() throws {
        try withGateway(Self.hanging + [Provider("silent", "stall=head")], arguments: ["--drain-timeout", "1"]) { gateway throws in
            let stream = try gateway.connect()
            try stream.send("POST", "/v1/chat/completions", body: Array(Chat.body("a/a:tokens=9;stall=1", stream: true).utf8))
            #expect(try stream.head().status == 200)
            let whole = try gateway.connect()
            try whole.send("POST", "/v1/chat/completions", body: Array(Chat.body("silent/silent:stall=head").utf8))
            #expect(try Deadline.usual.until { try gateway.mock.counter("requests") >= 2 })
            gateway.program.send(SIGTERM)

            var body: [UInt8] = []
            while let chunk = try stream.chunk() { body += chunk }
            let events = Event.parse(body)
            #expect(stream.chunkedBodyIsWhole && events.dones == 0)
            #expect(events.error?.message == "the gateway is shutting down" && events.error?.code == "overloaded")
            #expect(events.last?.finishReason == "error")
            #expect(try stream.ends())

            let answer = try whole.answer()
            #expect(answer.status == 503 && answer.error?.code == "overloaded" && answer["connection"] == "close" && answer["retry-after"] == "1")
            #expect(try whole.ends())
            #expect(try gateway.program.waitForExit() == .code(0))
        }
    }

    @Test func `while it drains a client is told that its connection ends, and a balancer that nothing more is taken`() throws {
        try withGateway([Provider("a", "delay=2500")]) { gateway throws in
            let busy = try gateway.connect()
            try busy.send("POST", "/v1/chat/completions", body: Array(Chat.body().utf8))
            let asking = try gateway.connect()
            try asking.send("GET /readyz HTTP/1.1\r\nHost: loc")
            let late = try gateway.connect()
            try late.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n")
            #expect(try Deadline.usual.until { try gateway.mock.counter("requests") == 1 })
            gateway.program.send(SIGTERM)
            _ = try gateway.program.line(with: "stopping")
            try asking.send("alhost\r\n\r\n")
            let ready = try asking.answer()
            #expect(ready.status == 503 && ready.text.contains("draining") && ready["connection"] == "close")
            let body = Chat.body()
            try late.send("Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            let refused = try late.answer()
            #expect(refused.status == 503 && refused.error?.code == "overloaded" && refused["connection"] == "close")
            let answer = try busy.answer()
            #expect(answer.status == 200 && answer["connection"] == "close")
            #expect(try busy.ends() && asking.ends() && late.ends())
            #expect(try gateway.program.waitForExit() == .code(0))
        }
    }

    @Test func `a signal during the start, while a provider does not tell its models, ends it at once`() throws {
        let (port, descriptor) = try RawUpstream.closedPort()
        defer { close(descriptor) }
        listen(descriptor, 8)
        let folder = try Folder()
        try folder.write("providers:\n  - {name: mute, base_url: \"http://127.0.0.1:\(port)/v1\"}\n", to: "meta-providers.yaml")
        let manager = try NotifyListener()
        let program = try Program(["serve", "--config", ".", "--port", "0"], environment: ["NOTIFY_SOCKET": manager.name], directory: folder.path)
        try manager.next(with: "STATUS=starting")
        let start = ContinuousClock.now
        program.send(SIGTERM)
        #expect(try program.waitForExit() == .code(0))
        #expect(ContinuousClock.now - start < .seconds(2))
        manager.drain()
        #expect(!manager.messages.contains { $0.contains("READY=1") })
    }
}
