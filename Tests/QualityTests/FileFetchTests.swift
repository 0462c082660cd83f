import EventLoop
import Gateway
import GatewayTesting
import LoopTesting
import Quality
import Testing
import Wire

@Suite struct FileFetchTests {
    /// What a fetch came to.
    private func fetch(_ script: UpstreamScript, atMost bytes: Int = 100, cancelled: Bool = false) throws -> Result<[UInt8], FetchProblem>? {
        let loop = EventLoop(simulatedFrom: GatewaySimulation.start, epoch: GatewaySimulation.epoch, seed: 1)
        let transport = ScriptedTransport(on: loop)
        transport.answer = { _ in script }
        let outcome = Shared<Result<[UInt8], FetchProblem>?>(nil)
        let url = try HTTPURL(parsing: "https://boards.test/a.json")
        loop.step {
            loop.task((transport, outcome, url)) { transport, outcome, url in
                let result = await FileFetch.fetch(url, on: transport, timeout: .seconds(5), maximumBytes: bytes) { fetch in
                    if cancelled { loop.task(fetch) { $0.cancel() } }
                }
                outcome.update { $0 = result }
            }
        }
        loop.advance(by: .seconds(1))
        #expect(transport.calls.count == 1 && transport.calls[0].target == "/a.json" && transport.calls[0].request.isCold)
        return outcome.value
    }

    @Test func `a file is what came with status 200`() throws {
        let outcome = try fetch(.status(200, "{\"a\":1}"))
        #expect(try outcome?.get() == Array("{\"a\":1}".utf8))
    }

    @Test(arguments: [1, 3, 7]) func `a file is the same, in whatever pieces it comes`(size: Int) throws {
        let outcome = try fetch(UpstreamScript.status(200, "0123456789").cut(every: size))
        #expect(try outcome?.get() == Array("0123456789".utf8))
    }

    @Test(arguments: [(404, true), (410, true), (403, false), (500, false)])
    func `another status is a problem, and only of some the file is not there`(
        status: Int, isMissing: Bool
    ) throws {
        let outcome = try fetch(.status(status, "no"))
        guard case .failure(let problem)? = outcome else {
            Issue.record("a file came")
            return
        }
        #expect(problem.description == "status \(status)" && problem.isMissing == isMissing)
    }

    @Test func `a file beyond its bound is given up`() throws {
        let whole = try fetch(.status(200, String(repeating: "x", count: 100)))
        #expect(try whole?.get().count == 100)
        let outcome = try fetch(.status(200, String(repeating: "x", count: 101)))
        guard case .failure(let problem)? = outcome else {
            Issue.record("a file came")
            return
        }
        #expect(problem.description == "larger than 100 bytes")
    }

    @Test func `a fetch that is given up ends at once`() throws {
        let outcome = try fetch(.silence, cancelled: true)
        guard case .failure(let problem)? = outcome else {
            Issue.record("a file came")
            return
        }
        #expect(problem.description == "given up" && !problem.isMissing)
    }
}
