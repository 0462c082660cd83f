/// The part of a stream's events that stays the same from one to the next.
///
/// The events of a stream differ in one string, the new piece of content; around it stand the same bytes. Once such an event has been read in
/// full, another one with the same bytes around another string says the same: its structure is the same, and what is not content has not
/// changed. So only the string is looked at, at a tenth of the cost.
///
/// The string is the first after `"content":`. An unescaped quote cannot stand inside a string, so these bytes are always a name and the
/// beginning of its value, at whatever depth.
public struct StreamEventTemplate: ~Copyable {
    /// The longest frame that is kept, in bytes; a stream of longer ones is read in full.
    private static let maximumBytes = 1024

    /// The bytes before the string's first and from its closing quote on, one behind the other.
    private var frame = ByteBuffer()
    private var prefixLength = 0
    private var facts: StreamEvent?
    private var isLearned = false
    /// How much text is in the frame itself.
    private var otherSize = 0

    /// Makes a template that fits nothing yet.
    public init() {}

    /// What an event says, when it is like the one that was learned: the same facts, because its string is not empty either.
    public func facts(of data: RawSpan) -> StreamEvent? {
        guard var facts, let size = contentSize(of: data) else { return nil }
        facts.contentSize = size
        return facts
    }

    /// How much text an event brings, as `StreamEvent.contentSize` has it, when it is like the one that was learned; else `nil`.
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

    /// Learns the frame of an event that was read in full, if all it says is that there is content.
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
