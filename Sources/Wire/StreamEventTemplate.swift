/// The part of a stream's events that stays the same from one to the next.
///
/// The events of a stream differ in one string, the new piece of content; the bytes around it are the same.
/// Once such an event has been read in full, another with the same bytes around a different string says the
/// same. So only the string is examined, at a tenth of the cost.
///
/// The string is the first after `"content":`. An unescaped quote cannot stand inside a string, so these bytes
/// are always a name and the start of its value, at whatever depth.
public struct StreamEventTemplate: ~Copyable {
    /// The longest frame that is kept, in bytes; a stream with longer ones is read in full.
    private static let maximumBytes = 1024

    /// The bytes before the string, followed by those from its closing quote on.
    private var frame = ByteBuffer()
    private var prefixLength = 0
    private var facts: StreamEvent?
    private var isLearned = false
    /// How much text is in the frame itself.
    private var otherSize = 0

    /// Makes a template that matches nothing yet.
    public init() {}

    /// What an event says if it matches the learned one: the same facts, because its string is not empty
    /// either.
    public func facts(of data: RawSpan) -> StreamEvent? {
        guard var facts, let size = contentSize(of: data) else { return nil }
        facts.contentSize = size
        return facts
    }

    /// How much text an event brings, as `StreamEvent.contentSize` has it, if it matches the learned one;
    /// otherwise `nil`.
    public func contentSize(of data: RawSpan) -> Int? {
        guard isLearned, data.byteCount > frame.count else { return nil }
        let frame = frame.bytes
        guard data.extracting(0..<prefixLength).equals(frame.extracting(0..<prefixLength)) else { return nil }
        var hasEscapes = false
        guard let end = try? JSONScanner.endOfString(data, from: prefixLength, strictly: false, hasEscapes: &hasEscapes), end > prefixLength,
            data.extracting(end..<data.byteCount).equals(frame.extracting(prefixLength..<frame.byteCount))
        else { return nil }
        return otherSize &+ JSONText(range: prefixLength..<end, hasEscapes: hasEscapes).size(in: data)
    }

    /// Learns the frame of an event that was read in full, if it says nothing but that there is content.
    public mutating func learn(_ data: RawSpan, _ event: StreamEvent) {
        facts = nil
        isLearned = false
        guard event.isValid, event.carriesContent, !event.hasError, event.usage == nil, !event.isTerminal,
            event.finishedChoices == 0, event.otherSize == 0, !event.hasMedia, !event.finishesFurtherChoice,
            let name = data.firstRange(of: "\"content\":")
        else { return }
        let quote = JSONScanner.pastSpace(data, name.upperBound)
        guard quote < data.byteCount, data[byte: quote] == UInt8(ascii: "\"") else { return }
        var hasEscapes = false
        let start = quote + 1
        guard let end = try? JSONScanner.endOfString(data, from: start, strictly: false, hasEscapes: &hasEscapes), end > start,
            data.byteCount - (end - start) <= StreamEventTemplate.maximumBytes
        else { return }
        frame.removeAll()
        frame.append(data.extracting(0..<start))
        frame.append(data.extracting(end..<data.byteCount))
        prefixLength = start
        facts = event
        isLearned = true
        otherSize = max(0, event.contentSize &- JSONText(range: start..<end, hasEscapes: hasEscapes).size(in: data))
    }
}
