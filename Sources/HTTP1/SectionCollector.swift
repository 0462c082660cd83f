internal import Wire

/// Brings the bytes of one head or trailer section together, so that it can be parsed in one piece.
///
/// A section that arrives whole is never copied. One that is cut keeps its beginning here, up to the section's limit.
struct SectionCollector: ~Copyable {
    private var kept = ByteBuffer()
    /// How many bytes of the view were kept by an earlier turn.
    private var carried = 0
    /// Where the lines of the section end.
    var scanner = LineScanner()

    /// How many bytes of a section are kept.
    var keptBytes: Int { kept.count }
    /// Whether no byte of a section is kept.
    var isEmpty: Bool { kept.isEmpty }

    /// The section's bytes so far: what was kept, and what stands at `offset`.
    ///
    /// - Parameters:
    ///   - bytes: The bytes just read.
    ///   - offset: Where the section begins or goes on in them.
    ///   - limit: How many bytes the section may have; the view holds at least one more if they are there.
    @_lifetime(copy bytes)
    mutating func view(of bytes: RawSpan, at offset: Int, limit: Int) -> RawSpan {
        carried = kept.count
        guard carried > 0 else { return bytes.extracting(offset..<bytes.byteCount) }
        let wanted = max(0, limit + 1 - carried)
        kept.append(bytes.extracting(offset..<min(bytes.byteCount, offset + wanted)))
        // The view is used up before the buffer changes: by the calls of the same turn.
        return unsafe _overrideLifetime(kept.bytes, copying: bytes)
    }

    /// Keeps the unfinished section for the next turn.
    mutating func keep(_ view: RawSpan, of bytes: RawSpan, at offset: inout Int) {
        if carried == 0 { kept.append(view) }
        offset = bytes.byteCount
    }

    /// Drops the first `length` bytes of the view, which are done with, and moves `offset` behind them.
    mutating func finish(_ length: Int, at offset: inout Int) {
        offset += length - carried
        kept.removeAll()
        scanner = LineScanner()
    }

    /// Forgets the section.
    mutating func removeAll() {
        kept.removeAll()
        scanner = LineScanner()
    }

    /// Forgets the section and gives the memory back.
    mutating func deallocate() {
        kept.deallocate()
        scanner = LineScanner()
    }
}
