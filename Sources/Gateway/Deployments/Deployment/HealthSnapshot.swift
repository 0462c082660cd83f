public import Wire

/// The health of everything at one moment, to be kept over a restart: rests, rungs of the ladder, learnt limits, and endpoints that providers do not have.
/// No secret is in it.
public struct HealthSnapshot: Equatable, Sendable {
    /// The form of the text; another one is not read.
    private static let version = 1
    /// Most records read from a text.
    private static let maximumRecords = 100_000

    let records: [HealthRecord]
    /// The endpoints that providers have turned out not to have.
    var endpoints: [KeptEndpoint]

    init(records: [HealthRecord], endpoints: [KeptEndpoint] = []) { (self.records, self.endpoints) = (records, endpoints) }

    /// Whether there is nothing to keep.
    public var isEmpty: Bool { records.isEmpty && endpoints.isEmpty }

    /// Writes the snapshot as JSON: `{"version":1,"nodes":[{"id":…,"until":…}]}`, each record on a line of its own, and
    /// `"endpoints":[…]` behind them where there are any.
    public func write(into buffer: inout ByteBuffer) {
        buffer.append("{\"version\":1,\"nodes\":[")
        for (index, record) in records.enumerated() {
            buffer.append(index == 0 ? "\n" : ",\n")
            record.write(into: &buffer)
        }
        buffer.append("\n]")
        for (index, endpoint) in endpoints.enumerated() {
            buffer.append(index == 0 ? ",\"endpoints\":[\n" : ",\n")
            endpoint.write(into: &buffer)
        }
        buffer.append(endpoints.isEmpty ? "}\n" : "\n]}\n")
    }

    /// Reads a snapshot; `nil` when the text is none, or of another version. Members it does not know are skipped.
    public init?(parsing text: RawSpan) {
        do throws(JSONError) {
            var scanner = JSONScanner(text)
            var version: Int?
            var records: [HealthRecord] = []
            var endpoints: [KeptEndpoint] = []
            try scanner.enterObject()
            while let member = try scanner.nextMember() {
                if member.equals("version", in: text) {
                    version = try scanner.readIntegerOrSkip(atMost: ForeignNumber.count)
                } else if member.equals("nodes", in: text), try scanner.enterArrayOrSkip() {
                    while try scanner.nextElement() {
                        guard try scanner.enterObjectOrSkip(), let record = try HealthRecord.read(&scanner, text) else { continue }
                        if records.count < HealthSnapshot.maximumRecords { records.append(record) }
                    }
                } else if member.equals("endpoints", in: text), try scanner.enterArrayOrSkip() {
                    while try scanner.nextElement() {
                        guard try scanner.enterObjectOrSkip(), let endpoint = try KeptEndpoint.read(&scanner, text) else { continue }
                        if endpoints.count < HealthSnapshot.maximumRecords { endpoints.append(endpoint) }
                    }
                } else if !member.equals("nodes", in: text), !member.equals("endpoints", in: text) {
                    try scanner.skipValue()
                }
            }
            try scanner.finish()
            guard version == HealthSnapshot.version else { return nil }
            (self.records, self.endpoints) = (records, endpoints)
        } catch {
            return nil
        }
    }
}
