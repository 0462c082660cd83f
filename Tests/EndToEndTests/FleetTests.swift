import Foundation
import Testing

/// What the pure simulation shows (`FleetSimulationTests`), with real sockets and clocks: conditions are waited for, and no moment is named.
@Suite struct FleetTests {
    /// The most requests, one after the other, after which traffic must have left or come back.
    private static let mostRequests = 1000

    private static func options(exploring: Bool) -> String {
        """
        scoring:
          half_life: 1m
          affinity:
            enabled: false
          exploration:
            enabled: \(exploring)
            share: 0.5
            interval: \(exploring ? "1s" : "1m")
        failure:
          cooldown_first: 100ms
          cooldown_most: 1s
        """
    }

    /// Two providers with a mock each; the good one is preferred by half a point, as a better model is.
    private func withFleet(exploring: Bool, _ body: (Gateway, _ good: MockProcess) throws -> Void) throws {
        let good = try MockProcess()
        defer { good.program.stop() }
        let fleet = [
            Provider("good", models: [.init(id: "one", aliases: ["m"], lines: ["priority: 0.5"])], url: good.url),
            Provider("steady", models: [.init(id: "two", aliases: ["m"])]),
        ]
        try withGateway(fleet, best: Self.options(exploring: exploring), behaviour: "delay=20") { gateway throws in
            // Both are known, so that what is measured later is compared with what was measured before.
            for model in ["one", "two", "one", "two", "one", "two"] { #expect(try gateway.chat(model).status == 200) }
            try body(gateway, good)
        }
    }

    /// Sends requests until five in a row were answered by a provider.
    ///
    /// - Returns: How many went elsewhere before.
    private func requests(_ gateway: Gateway, until provider: String) throws -> Int {
        var inRow = 0
        for count in 0..<Self.mostRequests {
            let answer = try gateway.chat("m")
            try #require(answer.status == 200, "\(answer.text)")
            inRow = answer["x-best-provider"] == provider ? inRow + 1 : 0
            if inRow == 5 { return count - 4 }
        }
        throw HarnessError("not with \(provider) after \(Self.mostRequests) requests:\n\(gateway.program.text.suffix(2000))")
    }

    @Test func `traffic leaves a provider that turns slow and then fails, and comes back when it is well again`() throws {
        try withFleet(exploring: true) { gateway, good throws in
            #expect(try requests(gateway, until: "good") < 20)
            try good.change("delay=600")
            let left = try requests(gateway, until: "steady")
            #expect(left < 60, "left after \(left) requests")
            try good.change("delay=0&status=503")
            // Trials of it fail and are answered elsewhere, unseen.
            let asked = try good.counter("requests")
            for _ in 0..<60 {
                let answer = try gateway.chat("m")
                #expect(answer.status == 200 && answer["x-best-provider"] == "steady")
            }
            #expect(try good.counter("requests") - asked < 30)
            try good.change("ok&delay=0")
            let back = try requests(gateway, until: "good")
            print("fleet of best mock: left after \(left) requests, came back after \(back)")
        }
    }

    @Test func `without exploration one that failed is not tried while another one answers`() throws {
        try withFleet(exploring: false) { gateway, good throws in
            #expect(try requests(gateway, until: "good") < 5)
            try good.change("status=503")
            for _ in 0..<40 { #expect(try gateway.chat("m")["x-best-provider"] == "steady") }
            try good.change("ok")
            let asked = try good.counter("requests")
            let choices = try (0..<50).map { _ in try gateway.chat("m")["x-best-provider"] }
            #expect(choices.allSatisfy { $0 == "steady" })
            #expect(try good.counter("requests") == asked)
        }
    }
}
