internal import Wire

/// Finds the lines of a head or trailer section and refuses what is not allowed in any line, whatever llhttp
/// makes of it.
///
/// It is given a growing view of one section, always from the section's first byte, and never examines a byte
/// twice. A line end is CR LF; refused are a line that begins with white space, a CR or LF alone, and every
/// other control byte except HTAB.
struct LineScanner {
    /// Offset of the first byte not yet examined.
    private var position = 0
    /// Offset of the first byte of the line being read.
    private var lineStart = 0
    /// How many lines were finished, not counting the empty one.
    private(set) var lineCount = 0

    /// Reads one line.
    ///
    /// - Parameters:
    ///   - view: The section's bytes so far.
    ///   - limit: How many bytes of `view` may be examined.
    /// - Returns: The range of the line without its end, or `nil` if more bytes are needed (or, at the limit,
    ///   would be).
    mutating func nextLine(in view: RawSpan, limit: Int) throws(HTTP1Error.Code) -> Range<Int>? {
        let start = lineStart
        guard try LineScanner.finishLine(in: view, from: &position, lineStart: start, to: min(view.byteCount, limit)) else { return nil }
        lineStart = position
        if position - start > 2 { lineCount += 1 }
        return start..<position - 2
    }

    /// Reads lines up to and including an empty one.
    ///
    /// - Parameters:
    ///   - view: The section's bytes so far.
    ///   - limit: How many bytes of `view` may be examined.
    ///   - lines: The most lines the section may have, including those read before.
    /// - Returns: The offset after the empty line, or `nil` if more bytes are needed (or, at the limit, would
    ///   be).
    mutating func endOfSection(in view: RawSpan, limit: Int, lines: Int) throws(HTTP1Error.Code) -> Int? {
        let end = min(view.byteCount, limit)
        // Kept out of memory while the loop runs.
        var (position, start, count) = (position, lineStart, lineCount)
        defer { (self.position, lineStart, lineCount) = (position, start, count) }
        while try LineScanner.finishLine(in: view, from: &position, lineStart: start, to: end) {
            if position &- start == 2 { return position }
            start = position
            count &+= 1
            guard count <= lines else { throw .tooManyFields }
        }
        return nil
    }

    /// Moves `position` past the end of the line that begins at `lineStart`; false when the end has not come
    /// yet.
    @inline(__always)
    private static func finishLine(in view: RawSpan, from position: inout Int, lineStart: Int, to end: Int) throws(HTTP1Error.Code) -> Bool {
        if position == lineStart, position < end {
            let first = view.byte(at: position)
            guard first != 0x20, first != 0x09 else { throw .foldedLine }
        }
        while true {
            let hit = firstControl(in: view, from: position, to: end)
            position = hit
            guard hit < end else { break }
            let byte = view.byte(at: hit)
            if byte == 0x0D {
                guard hit &+ 1 < end else { break }
                guard view.byte(at: hit &+ 1) == 0x0A else { throw .bareCarriageReturn }
                position = hit &+ 2
                return true
            }
            guard byte == 0x09 else { throw byte == 0x0A ? .bareLineFeed : .controlByte }
            position = hit &+ 1
        }
        return false
    }

    /// The offset of the first byte below 20 or equal to 7F, or `end`; sixteen bytes at a time.
    @inline(__always)
    private static func firstControl(in view: RawSpan, from start: Int, to end: Int) -> Int {
        precondition(start >= 0 && end <= view.byteCount)
        let space = SIMD16<UInt8>(repeating: 0x20)
        let delete = SIMD16<UInt8>(repeating: 0x7F)
        var offset = start
        while offset &+ 16 <= end {
            // In bounds by the check above, which this loop cannot afford for every step.
            let bytes = unsafe view.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD16<UInt8>.self)
            // One byte of ones for each hit.
            let hits = unsafe unsafeBitCast((bytes .< space) .| (bytes .== delete), to: SIMD2<UInt64>.self)
            let low = UInt64(littleEndian: hits.x)
            let high = UInt64(littleEndian: hits.y)
            if low | high != 0 { return offset &+ (low != 0 ? low.trailingZeroBitCount : 64 &+ high.trailingZeroBitCount) &>> 3 }
            offset &+= 16
        }
        while offset < end {
            let byte = unsafe view.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
            if byte < 0x20 || byte == 0x7F { return offset }
            offset &+= 1
        }
        return end
    }
}
