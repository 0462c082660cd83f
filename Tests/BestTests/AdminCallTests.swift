import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

@testable import best

/// The shell's own calls: of a running gateway, and of files elsewhere.
@Suite struct AdminCallTests {
    /// What became of a call, on a loop of its own.
    private final class Outcome {
        var answer: AdminCall.Answer?
        var failure: UpstreamFailure?
        var file: Result<[UInt8], FetchProblem>?
        var fetch: FileFetch?
    }

    private func withTransport(
        _ script: UpstreamScript, _ body: @escaping (ScriptedTransport, Outcome) async -> Void
    ) -> (ScriptedTransport, Outcome, EventLoop) {
        let loop = EventLoop(simulatedFrom: GatewaySimulation.start, epoch: GatewaySimulation.epoch, seed: 1)
        let (transport, outcome) = (ScriptedTransport(on: loop), Outcome())
        transport.answer = { _ in script }
        loop.step { loop.task((transport, outcome, body)) { await $0.2($0.0, $0.1) } }
        return (transport, outcome, loop)
    }

    private func call(_ script: UpstreamScript, body: String? = nil) throws -> (ScriptedTransport, Outcome, EventLoop) {
        let target = try #require(AdminTarget(parsing: "https://gateway.test/best"))
        return withTransport(script) { transport, outcome in
            do throws(UpstreamFailure) {
                outcome.answer = try await AdminCall.send(
                    .post, "/admin/rests/clear", body: body, to: target, key: Secret("adm1n"), on: transport)
            } catch {
                outcome.failure = error
            }
        }
    }

    @Test func `a call has the admin key, and its answer is whole`() throws {
        let (transport, outcome, _) = try call(UpstreamScript.status(404, #"{"error":{}}"#).cut(every: 3), body: "{}")
        let made = try #require(transport.calls.first)
        #expect(made.target == "/best/admin/rests/clear" && made.host == "gateway.test" && made.text == "{}")
        #expect(made.field("x-admin-api-key") == "adm1n" && made.field("content-type") == "application/json")
        #expect(outcome.answer?.status == 404 && outcome.answer.map { String(decoding: $0.body, as: UTF8.self) } == #"{"error":{}}"#)
    }

    @Test func `a call without a body says nothing of one`() throws {
        let (transport, _, _) = try call(.status(200))
        #expect(transport.calls.first?.field("content-type") == nil && transport.calls.first?.body == [])
    }

    @Test func `a gateway that is not there, or does not answer, is a failure`() throws {
        #expect(try call(.failure(.connect)).1.failure?.kind == .connect)
        let (_, outcome, loop) = try call(.silence)
        loop.advance(by: .seconds(29))
        #expect(outcome.failure == nil)
        loop.advance(by: .seconds(2))
        #expect(outcome.failure?.kind == .totalTimeout && outcome.answer == nil)
    }

    private func fetch(
        _ script: UpstreamScript, _ url: String = "https://host.test/a/file", most: Int = 100
    ) throws -> (ScriptedTransport, Outcome, EventLoop) {
        let url = try HTTPURL(parsing: url)
        return withTransport(script) { transport, outcome in
            outcome.file = await FileFetch.fetch(url, on: transport, timeout: .seconds(60), maximumBytes: most) { outcome.fetch = $0 }
        }
    }

    @Test func `a file comes whole, in whatever pieces`() throws {
        for size in [1, 7, 100] {
            let (transport, outcome, _) = try fetch(UpstreamScript.status(200, "0123456789").cut(every: size))
            #expect(try outcome.file?.get() == Array("0123456789".utf8) && transport.calls.first?.target == "/a/file")
        }
        #expect(try fetch(.status(200), "https://host.test").0.calls.first?.target == "/")
        #expect(try fetch(.status(200), "http://[::1]:80/x").0.calls.first?.host == "[::1]")
    }

    @Test(
        arguments: [
            (.status(404), "status 404", true), (.status(410), "status 410", true), (.status(500, "x"), "status 500", false),
            (.status(301), "status 301", false), (.status(200, String(repeating: "x", count: 101)), "larger than 100 bytes", false),
        ] as [(UpstreamScript, String, Bool)])
    func `why there is no file is told in a line`(script: UpstreamScript, words: String, isMissing: Bool) throws {
        guard case .failure(let problem)? = try fetch(script).1.file else { throw Missing() }
        #expect(problem.description == words && problem.isMissing == isMissing)
    }

    @Test func `a fetch that is given up ends once`() throws {
        let (transport, outcome, loop) = try fetch(.silence)
        loop.step { outcome.fetch?.cancel() }
        guard case .failure(let problem)? = outcome.file else { throw Missing() }
        #expect(problem.description == "given up" && transport.calls.first?.isCancelled == true)
        loop.step { outcome.fetch?.cancel() }
        loop.advance(by: .seconds(61))
        #expect(transport.live == 0)
    }

    private struct Missing: Error {}
}
