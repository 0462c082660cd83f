internal import CMemory
internal import Glibc

/// A growable run of bytes in one block, with exactly one owner.
///
/// A large block has pages of its own: the system moves them elsewhere without copying their contents, and
/// takes them back in pieces. Smaller blocks come from `malloc`, which keeps freed memory for the next one.
///
/// It replaces `[UInt8]` where that would cost uniqueness checks, zero-filling and an allocation for each copy:
/// heads, bodies and write queues of the request path. It is read through a borrowed `RawSpan`, which the
/// compiler keeps from outliving the buffer.
public struct ByteBuffer: ~Copyable, @unchecked Sendable {  // the one owner moves as a whole, and the block is not shared
    @usableFromInline var base: UnsafeMutableRawPointer?
    /// How many bytes the buffer holds.
    public internal(set) var count = 0
    /// How many bytes it can hold without another allocation.
    public internal(set) var capacity = 0

    /// Makes an empty buffer; nothing is allocated until the first byte.
    public init() {}

    /// Makes an empty buffer with room for `capacity` bytes.
    public init(capacity: Int) {
        reserve(capacity)
    }

    deinit { ByteBuffer.release(base, capacity) }

    /// Blocks of this many bytes and more get pages of their own. 4 MiB: moving the half that came before takes
    /// half a millisecond.
    static let largeSize = 4 * 1024 * 1024
    /// Large blocks are multiples of this, the largest page of a system that Linux runs on (arm64).
    private static let pageSize = 64 * 1024

    /// Whether the buffer holds no byte.
    public var isEmpty: Bool { count == 0 }

    /// The bytes, borrowed.
    public var bytes: RawSpan {
        @_lifetime(borrow self) get {
            let start = UnsafeRawPointer(base) ?? ByteBuffer.nowhere
            return _overrideLifetime(RawSpan(_unsafeStart: start, byteCount: count), borrowing: self)
        }
    }

    /// Lends the bytes to C as a pointer, which stays valid until the buffer grows, shrinks or ends.
    public borrowing func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// Makes room for `additional` more bytes.
    public mutating func reserve(_ additional: Int) {
        let needed = count + additional
        guard needed > capacity else { return }
        grow(to: max(needed, capacity * 2, 128))
    }

    @inline(never)
    private mutating func grow(to size: Int) {
        let isLarge = size >= ByteBuffer.largeSize
        let grown = isLarge ? ByteBuffer.roundedToPages(size) : size
        guard let moved = isLarge ? movedToPages(grown) : realloc(base, grown) else { preconditionFailure("out of memory: \(grown) bytes") }
        base = moved
        capacity = grown
    }

    private func movedToPages(_ size: Int) -> UnsafeMutableRawPointer? {
        if capacity >= ByteBuffer.largeSize { return cmemory_resize(base, capacity, size) }
        guard let pages = cmemory_map(size) else { return nil }
        if let base { memcpy(pages, base, count) }
        free(base)
        return pages
    }

    private static func roundedToPages(_ size: Int) -> Int { (size + pageSize - 1) / pageSize * pageSize }

    private static func release(_ base: UnsafeMutableRawPointer?, _ capacity: Int) {
        if capacity >= largeSize { cmemory_unmap(base, capacity) } else { free(base) }
    }

    /// Appends a copy of `bytes`.
    @inline(__always)
    public mutating func append(_ bytes: RawSpan) {
        let size = bytes.byteCount
        guard size > 0 else { return }
        reserve(size)
        bytes.withUnsafeBytes { source in _ = memcpy(base! + count, source.baseAddress!, size) }
        count += size
    }

    /// Appends one byte.
    @inline(__always)
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        base!.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// Appends a literal's UTF-8.
    @inline(__always)
    public mutating func append(_ literal: StaticString) {
        let size = literal.utf8CodeUnitCount
        guard size > 0 else { return }
        reserve(size)
        memcpy(base! + count, literal.utf8Start, size)
        count += size
    }

    /// Appends a string's UTF-8.
    public mutating func append(utf8 text: String) {
        var text = text
        text.withUTF8 { source in
            guard !source.isEmpty, let start = source.baseAddress else { return }
            reserve(source.count)
            memcpy(base! + count, start, source.count)
            count += source.count
        }
    }

    /// Appends an integer in decimal digits.
    public mutating func append(decimal value: Int) {
        guard value != .min else { return append("-9223372036854775808") }
        reserve(20)
        var rest = value.magnitude
        var digits = 1
        while digits < 20, rest >= 10 {
            rest /= 10
            digits += 1
        }
        if value < 0 { append(UInt8(ascii: "-")) }
        rest = value.magnitude
        for place in stride(from: digits - 1, through: 0, by: -1) {
            base!.storeBytes(of: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10), toByteOffset: count + place, as: UInt8.self)
            rest /= 10
        }
        count += digits
    }

    /// Appends a non-negative integer in lower-case hexadecimal digits, without leading zeros.
    public mutating func append(hex value: Int) {
        precondition(value >= 0)
        let digits = max(1, (Int.bitWidth - value.leadingZeroBitCount + 3) / 4)
        reserve(digits)
        for place in 0..<digits {
            let nibble = UInt8(truncatingIfNeeded: value >> ((digits - 1 - place) * 4)) & 15
            base!.storeBytes(
                of: nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10, toByteOffset: count + place, as: UInt8.self)
        }
        count += digits
    }

    /// Drops the first `size` bytes and moves the rest to the front.
    public mutating func removeFirst(_ size: Int) {
        precondition(size >= 0 && size <= count)
        guard size > 0 else { return }
        count -= size
        memmove(base!, base! + size, count)
    }

    /// Drops all but the first `size` bytes.
    public mutating func truncate(to size: Int) {
        precondition(size >= 0 && size <= count)
        count = size
    }

    /// Drops every byte but keeps the memory.
    public mutating func removeAll() {
        count = 0
    }

    /// Drops every byte and frees the memory.
    public mutating func deallocate() {
        ByteBuffer.release(base, capacity)
        base = nil
        count = 0
        capacity = 0
    }

    /// Frees a part of a large buffer's memory, from its end and with the bytes in it, or all of a buffer that
    /// is not large. The system's work for each page that was written to adds up, to a quarter of a second for
    /// a GiB.
    ///
    /// - Parameter size: About how many bytes to give back.
    /// - Returns: Whether any are left.
    public mutating func deallocate(some size: Int) -> Bool {
        let left = ByteBuffer.roundedToPages(max(0, count - size))
        guard left >= ByteBuffer.largeSize, left < capacity, let rest = cmemory_resize(base, capacity, left) else {
            deallocate()
            return false
        }
        base = rest
        capacity = left
        count = min(count, left)
        return true
    }

    /// Lets `fill` write into at least `room` spare bytes and say how many it wrote.
    public mutating func appendUninitialized<Failure: Error>(
        _ room: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        reserve(room)
        let written = try fill(UnsafeMutableRawBufferPointer(start: base! + count, count: capacity - count))
        precondition(written >= 0 && written <= capacity - count)
        count += written
    }

    /// A readable address for empty spans, which must not be null.
    private static var nowhere: UnsafeRawPointer { UnsafeRawPointer(bitPattern: 1)! }
}
