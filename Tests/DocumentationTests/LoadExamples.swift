import Bench
import EventLoop
import HTTPServer
import LoopTesting
import Mock
import Testing

@Suite(.timeLimit(.minutes(5))) struct LoadExamples {
    @Test func `MockBehaviour is written as a script`() throws {
        // Example: MockBehaviour
        let slow = try MockBehaviour(parsing: "ttft=50,tokens=9")
        var broken = slow
        try broken.apply("status=503")
        // End
        #expect(slow.tokens == .constant(9) && slow.timeToFirstToken == .constant(50) && broken != slow)
    }

    @Test func `MockProvider is a provider, and LoadRun measures it`() async throws {
        try await withLoop { loop in
            // Example: MockProvider
            let site = MockFleet.Provider(name: "slow", models: [MockFleet.Model("m")], behaviour: try MockBehaviour(parsing: "ttft=5,tokens=9"))
            let provider = try MockProvider(on: loop, fleet: MockFleet([site]))
            let address = SocketAddress(host: "127.0.0.1", port: 0)!
            let server = try HTTPServer(on: loop, address: address, responder: provider)  // server.address has the port
            // End
            let target = try #require(server.address)
            let counted = await LoopWork.run(on: loop) { (try? LoadExamples.measured(target)) ?? -1 }
            #expect(counted == 8)
            await server.drain(deadline: .seconds(1))
            provider.close()
        }
    }

    private static func measured(_ address: SocketAddress) throws -> Int {
        // Example: LoadRun
        let recipe = RequestRecipe(prompts: .synthetic(.constant(20)), endpoint: .chat, model: "m", streams: true, outputTokens: nil, seed: 1)
        let target = LoadTarget(
            name: "gateway", address: address, authority: "127.0.0.1", path: "/v1/chat/completions", recipe: recipe, bearer: nil)
        let load = LoadStretch(mode: .closed(concurrency: 2), length: .requests(8), warmUp: .zero, timeout: .seconds(5), seed: 1)
        let run = LoadRun(LoadPlan(targets: [target], load: load, pairs: 1)) { _, progress in _ = progress.fraction }
        let result = try run.run()  // on a loop of its own, until the last answer
        let sent = result.targets[0].measurement.requests
        // End
        return result.failed == 0 ? sent : -result.failed
    }

    @Test func `HDRHistogram keeps three digits of every value`() {
        // Example: HDRHistogram
        var times = HDRHistogram(significantDigits: 3)
        for microseconds in 1...1000 { times.record(UInt64(microseconds)) }
        let median = times.percentile(50)  // 500
        let slowest = times.percentile(100)  // 1000
        // End
        #expect(median == 500 && slowest == 1000 && times.count == 1000)
    }
}
