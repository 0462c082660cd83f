import Foundation
import Gateway
import GatewayTesting
import Glibc

@testable import Observability

/// A log that is written into a pipe, and what came out of it.
final class LogPipe {
    /// The time of day in the lines: 2027-01-15 12:00:00.250 (UTC), until it is moved.
    var now = UnixTime(milliseconds: 1_800_014_400_250)
    let sink: LogSink
    private let reading: Int32
    private let writing: Int32
    private var isClosed = false

    init() {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "a pipe can be had")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (reading, writing) = (ends[0], ends[1])
        sink = LogSink(descriptor: writing)
    }

    deinit {
        if !isClosed { _ = end() }
        close(reading)
    }

    /// A log of requests that ends up here.
    func log(json: Bool = false, coloured: Bool = false) -> RequestLog { RequestLog(to: sink, json: json, coloured: coloured) { [self] in now } }

    /// Reads so many bytes, as soon as they are there.
    func read(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let read = bytes.withUnsafeMutableBytes { Glibc.read(reading, $0.baseAddress! + filled, count - filled) }
            if read <= 0 { break }
            filled += read
        }
        return Array(bytes[..<filled])
    }

    /// Ends the log, and returns everything that came and was not read yet.
    func end() -> String {
        if !isClosed {
            isClosed = true
            let (sink, writing) = (sink, writing)
            // What is still to be written needs a reader meanwhile.
            Thread.detachNewThread {
                sink.close()
                close(writing)
            }
        }
        var bytes: [UInt8] = []
        while true {
            let piece = read(64 * 1024)
            bytes += piece
            if piece.isEmpty { return String(decoding: bytes, as: UTF8.self) }
        }
    }

    /// The lines of the requests that a simulation has carried so far.
    static func lines(of simulation: GatewaySimulation, json: Bool = false, coloured: Bool = false) -> [String] {
        let pipe = LogPipe()
        let log = pipe.log(json: json, coloured: coloured)
        for request in simulation.observer.completed { log.requestCompleted(request) }
        return pipe.end().split(separator: "\n").map(String.init)
    }
}
