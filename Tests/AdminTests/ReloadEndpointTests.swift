import Gateway
import GatewayTesting
import Testing

@testable import Admin

/// The configuration read again by the operator's word.
@Suite struct ReloadEndpointTests {
    @Test func `what has changed is told, and what needs a restart`() throws {
        let report = ReloadReport(notes: ["server.port needs a \"restart\""], changes: "1 provider is new")
        try withOperator(reload: { report }) { admin in
            let answer = try admin.ask("POST", "/admin/reload")
            #expect(answer.status == 200)
            #expect(answer.text == #"{"status":"reloaded","changes":"1 provider is new","notes":["server.port needs a \"restart\""]}"#)
        }
    }

    @Test func `what can't be used is refused with every reason`() throws {
        try withOperator(reload: { ReloadReport(problems: ["best.yaml:3: no", "best.yaml:4: nor this"]) }) { admin in
            let answer = try admin.ask("POST", "/admin/reload")
            #expect(answer.status == 409 && answer.errorCode == "configuration_invalid")
            #expect(answer.errorMessage == "the old configuration stays in use: best.yaml:3: no; best.yaml:4: nor this")
        }
    }

    @Test func `each request has it read once`() throws {
        let count = Counter()
        try withOperator(reload: {
            count.value += 1
            return ReloadReport(changes: "none")
        }) { admin throws in
            for _ in 0..<3 { #expect(try admin.ask("POST", "/admin/reload").status == 200) }
            #expect(try admin.ask("POST", "/admin/reload", key: "wrong").status == 401 && count.value == 3)
        }
    }

    private final class Counter {
        var value = 0
    }
}
