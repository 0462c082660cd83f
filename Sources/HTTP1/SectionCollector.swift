internal import Wire

/// Collects the bytes of one head or trailer section, so that it can be parsed in one piece.
///
/// A section that arrives whole is never copied. One that is cut keeps its beginning here, up to the section's limit.
struct SectionCollector: ~Copyable {
    private var kept = ByteBuffer()
    /// How many bytes of the view were kept by an earlier turn.
    private var carried = 0
    /// Finds the ends of the section's lines.
    var scanner = LineScanner()

    /// How many bytes of a section are kept.
    var keptBytes: Int { kept.count }
    /// Whether no byte of a section is kept.
    var isEmpty: Bool { kept.isEmpty }

    /// The section's bytes so far: those that were kept, and those from `offset` on.
    ///
    /// - Parameters:
    ///   - bytes: The bytes just read.
    ///   - offset: Where the section begins or continues in them.
    ///   - limit: How many bytes the section may have; the view includes at least one more if available.
    @_lifetime(copy bytes)
    mutating func view(of bytes: RawSpan, at offset: Int, limit: Int) -> RawSpan {
        carried = kept.count
        guard carried > 0 else { return bytes.extracting(offset..<bytes.byteCount) }
        let wanted = max(0, limit + 1 - carried)
        kept.append(bytes.extracting(offset..<min(bytes.byteCount, offset + wanted)))
        // The view is used before the buffer changes: by the calls of the same turn.
        return unsafe _overrideLifetime(kept.bytes, copying: bytes)
    }

    /// Keeps the unfinished section for the next turn.
    mutating func keep(_ view: RawSpan, of bytes: RawSpan, at offset: inout Int) {
        if carried == 0 { kept.append(view) }
        offset = bytes.byteCount
    }

    /// Drops the first `length` bytes of the view, which are finished, and moves `offset` past them.
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

    /// Forgets the section and frees the memory.
    mutating func deallocate() {
        kept.deallocate()
        scanner = LineScanner()
    }
}
