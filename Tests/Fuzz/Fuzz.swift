import Gateway
import GatewayTesting
import Glibc
import HTTP1
import Wire

/// libFuzzer's driver (FuzzerInterface.h, "libFuzzer as a library").
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ callback: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
) -> CInt

/// The entry point under the name that the package manager gives to an executable's `main`.
@_cdecl("Fuzz_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments, fuzzOneInput)
}

/// One input of libFuzzer, given to what FUZZ_TARGET names. A parser may refuse anything; it must never crash, read outside of its input, or read the same
/// bytes differently when they arrive in two pieces. What a run of the gateway must hold to `FuzzScenario` and `IsolationScenario` say.
private func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    target(RawSpan(_unsafeStart: UnsafeRawPointer(start), byteCount: count))
    return 0
}

private typealias FuzzTarget = @Sendable (RawSpan) -> Void

private let target: FuzzTarget = {
    switch getenv("FUZZ_TARGET").map({ String(cString: $0) }) {
    case "request": fuzzRequest
    case "answer": fuzzAnswer
    case "json": fuzzJSON
    case "events": fuzzEvents
    case "failure": fuzzFailure
    case "gateway": fuzzGateway
    case "isolation": fuzzIsolation
    default: fatalError("FUZZ_TARGET must be request, answer, json, events, failure, gateway or isolation")
    }
}()

/// Where the input is cut in two: somewhere that depends on the input alone.
private func cut(_ input: RawSpan) -> Int {
    input.byteCount == 0 ? 0 : Int(input[byte: input.byteCount - 1]) * input.byteCount / 256
}

private func fuzzRequest(_ input: RawSpan) {
    func read(_ pieces: Int...) -> [ReadEvent] {
        let parser = HTTP1RequestParser()
        var events: [ReadEvent] = []
        var from = 0
        for end in pieces + [input.byteCount] {
            let piece = input.extracting(from..<end)
            from = end
            var offset = 0
            do throws(HTTP1Error) {
                loop: while true {
                    switch try parser.next(in: piece, at: &offset) {
                    case .needsMoreBytes: break loop
                    case .head: events.append(.mark("head \(parser.target.text) \(parser.fieldCount)"))
                    case .body(let range): events.append(.body(piece.extracting(range).withUnsafeBytes { Array($0) }))
                    case .end:
                        events.append(.mark("end"))
                        if !parser.keepAlive { return events }
                    }
                }
            } catch {
                return events + [.mark("\(error.code)")]
            }
        }
        return events
    }
    precondition(joinBodies(read()) == joinBodies(read(cut(input))), "the cut changed the request")
}

private func fuzzAnswer(_ input: RawSpan) {
    func read(_ pieces: Int...) -> [ReadEvent] {
        let parser = HTTP1ResponseParser()
        parser.begin(expectsNoBody: false)
        var events: [ReadEvent] = []
        var from = 0
        for end in pieces + [input.byteCount] {
            let piece = input.extracting(from..<end)
            from = end
            var offset = 0
            do throws(HTTP1Error) {
                loop: while true {
                    switch try parser.next(in: piece, at: &offset) {
                    case .needsMoreBytes: break loop
                    case .head: events.append(.mark("head \(parser.status) \(parser.fieldCount)"))
                    case .body(let range): events.append(.body(piece.extracting(range).withUnsafeBytes { Array($0) }))
                    case .end: return events + [.mark("end")]
                    }
                }
            } catch {
                return events + [.mark("\(error.code)")]
            }
        }
        return events
    }
    precondition(joinBodies(read()) == joinBodies(read(cut(input))), "the cut changed the answer")
}

/// What a parser has found: bytes of a body, or something else.
private enum ReadEvent: Equatable {
    case mark(String)
    case body([UInt8])
}

/// The same events with the pieces of a body put together, since a cut may split one.
private func joinBodies(_ events: [ReadEvent]) -> [ReadEvent] {
    var joined: [ReadEvent] = []
    for event in events {
        if case .body(let bytes) = event, case .body(let before) = joined.last {
            joined[joined.count - 1] = .body(before + bytes)
        } else {
            joined.append(event)
        }
    }
    return joined
}

private func fuzzJSON(_ input: RawSpan) {
    let isValid = (try? JSONScanner.validate(input)) != nil
    if let envelope = try? RequestEnvelope(scanning: input) {
        precondition(isValid, "the envelope took what is not JSON")
        for wantsUsage in [false, true] {
            let edit = BodyEdit(of: input, envelope, requestUsage: wantsUsage)
            let model = StaticString("provider/model \"x\"").span
            var body = ByteBuffer()
            edit.write(input, model: model, into: &body)
            precondition(body.count == edit.length(model: model), "the edited length is wrong")
            precondition((try? RequestEnvelope(scanning: body.bytes)) != nil, "the edited body is refused")
        }
    }
    for kind in [AnswerInspection.Kind.chat, .completions, .embeddings, .responses, .other] { _ = AnswerInspection(inspecting: input, kind: kind) }
    for dialect in [StreamEvent.Dialect.chat, .completions, .responses] { _ = StreamEvent(inspecting: input, dialect: dialect) }
    _ = UpstreamErrorBody(parsing: input)
}

private func fuzzEvents(_ input: RawSpan) {
    func read(_ pieces: Int...) -> (raw: [UInt8], data: [String]) {
        var parser = ServerSentEventParser(maximumEventBytes: 512)
        var raw = ByteBuffer()
        var data: [String] = []
        var from = 0
        for end in pieces + [input.byteCount] {
            let piece = input.extracting(from..<end)
            from = end
            var offset = 0
            loop: while true {
                switch parser.next(in: piece, at: &offset) {
                case .needsMoreBytes: break loop
                case .event(let event):
                    raw.append(parser.raw(of: event.place, in: piece))
                    if event.kind == .data { data.append(parser.data(of: event, in: piece).text) }
                case .oversized(let place): raw.append(parser.raw(of: place, in: piece))
                }
            }
        }
        raw.append(parser.pending)
        return (raw.withUnsafeBytes { Array($0) }, data)
    }
    let whole = read()
    let split = read(cut(input))
    precondition(whole.raw.span.bytes.equals(input), "bytes of the stream were lost")
    precondition(split.raw.span.bytes.equals(input), "bytes of the cut stream were lost")
    precondition(whole.data == split.data, "the cut changed the events")
}

/// An error answer: the first line is a header field, the second a status, the rest a body. Whatever comes, the wait is within the cap and
/// a request's own failure is nobody's.
private func fuzzFailure(_ input: RawSpan) {
    let now = 1_795_348_800_000
    for wait in [RetryTime.wait(input, now: now), RetryTime.inProse(input, now: now), RetryTime.waitOfMilliseconds(input)] {
        precondition(wait.map { $0 >= 0 && $0 <= RetryTime.longest } ?? true, "a wait without bounds")
    }
    let lineEnd = input.firstIndex(of: 0x0A) ?? input.byteCount
    let line = input.extracting(0..<lineEnd)
    let rest = input.extracting(min(lineEnd + 1, input.byteCount)..<input.byteCount)
    let statusEnd = rest.firstIndex(of: 0x0A) ?? 0
    let status = rest.extracting(0..<statusEnd).decimalValue ?? 429
    let body = rest.extracting(min(statusEnd + 1, rest.byteCount)..<rest.byteCount)
    var fields = HTTPFields()
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? 0
    fields.append(name: line.extracting(0..<colon), value: line.extracting(min(colon + 1, line.byteCount)..<line.byteCount))
    let limits = LimitFields(fields, now: now)
    for circumstances in [FailureClassifier.Circumstances(), .init(isLocal: true, isCommonEndpoint: false, longestWait: .seconds(60))] {
        for verdict in [
            FailureClassifier.classify(status: status, limits: limits, body: body, request: RawSpan(), circumstances, now: now),
            FailureClassifier.classify(errorInAnswer: body, limits: limits, request: RawSpan(), circumstances, now: now),
        ] {
            precondition(verdict.hint.wait.map { $0 > .zero && $0 <= circumstances.longestWait } ?? true, "a wait beyond the cap")
            precondition(verdict.scope != .request || !verdict.countsAgainstProvider || verdict.kind == .unknownRoute, "a mistake counts")
        }
    }
}

/// A run of a whole gateway with its clients and providers, which the input decides. FUZZ_TRACE shows what happens in it.
private func fuzzGateway(_ input: RawSpan) {
    report(FuzzScenario.run(input.withUnsafeBytes { Array($0) }, trace: trace))
}

/// A run in which one client does what the input says, and another must be served as if it were alone.
private func fuzzIsolation(_ input: RawSpan) {
    report(IsolationScenario.run(input.withUnsafeBytes { Array($0) }, trace: trace))
}

private func report(_ problems: [String]) {
    if !problems.isEmpty { fatalError(problems.joined(separator: "\n")) }
}

private let trace: (@Sendable (String) -> Void)? = {
    guard getenv("FUZZ_TRACE") != nil else { return nil }
    return { (text: String) in
        print(text)
        // A trap would take what is not written yet with it.
        fflush(nil)
    }
}()
