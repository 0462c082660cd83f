import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

@testable import best

/// The shell's own calls of a running gateway.
@Suite struct AdminCallTests {
    /// What became of a call, on a loop of its own.
    private final class Outcome {
        var answer: AdminCall.Answer?
        var failure: UpstreamFailure?
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
}
