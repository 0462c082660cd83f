internal import EventLoop
internal import HTTPServer
internal import Wire

/// Makes ids for requests: a random number of this process and a counter, so that each is unique without a system call.
struct RequestIDSource {
    private let process: UInt64
    private var counter: UInt64

    init(process: UInt64, counter: UInt64) {
        self.process = process
        self.counter = counter
    }

    mutating func next() -> RequestID {
        counter &+= 0x9E37_79B9_7F4A_7C15  // an odd step: every value of 64 bits comes once
        return RequestID(process, counter)
    }
}
