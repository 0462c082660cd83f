internal import ArgumentParser
internal import Configuration
internal import EventLoop
internal import Foundation
internal import Gateway
internal import Upstream
internal import Wire

/// The error of an answer, as far as a person needs it.
struct AdminError: Decodable {
    private struct Body: Decodable {
        let error: AdminError
    }

    let message: String
    let code: String?

    init?(_ body: [UInt8]) {
        guard let read = try? JSONDecoder().decode(Body.self, from: Data(body)) else { return nil }
        (message, code) = (read.error.message.printable, read.error.code)
    }
}
