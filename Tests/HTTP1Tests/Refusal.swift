import HTTP1
import Testing

/// A request that must be refused, and how.
struct Refusal: CustomTestStringConvertible, Sendable {
    let input: String
    let code: HTTP1Error.Code
    let status: UInt16

    init(_ code: HTTP1Error.Code, _ status: UInt16, _ input: String) {
        self.input = input
        self.code = code
        self.status = status
    }

    var testDescription: String { "\(code) \(input.debugDescription)" }
}
