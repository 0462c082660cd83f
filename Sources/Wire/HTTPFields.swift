/// Header fields in the order they arrived, kept in one block of bytes (RFC 9110 §5).
///
/// Names match without regard to case. A value is what stands between the colon and the line end, without
/// surrounding white space. The storage is reused from message to message, so a steady connection allocates
/// nothing.
public struct HTTPFields: ~Copyable {
    private struct Entry {
        var name: Range<Int32>
        var value: Range<Int32>
    }

    private var storage = ByteBuffer()
    private var entries: [Entry] = []

    /// Makes an empty list.
    public init() {}

    /// How many field lines there are.
    public var count: Int { entries.count }

    /// Forgets every field but keeps the memory.
    public mutating func removeAll() {
        storage.removeAll()
        entries.removeAll(keepingCapacity: true)
    }

    /// Forgets every field and frees the memory.
    public mutating func deallocate() {
        storage.deallocate()
        entries = []
    }

    /// Appends a field line.
    public mutating func append(name: RawSpan, value: RawSpan) {
        let start = Int32(storage.count)
        storage.append(name)
        let middle = Int32(storage.count)
        storage.append(value)
        entries.append(Entry(name: start..<middle, value: middle..<Int32(storage.count)))
    }

    /// The name of the field line at `index`, as it was sent.
    @_lifetime(borrow self)
    public func name(at index: Int) -> RawSpan {
        let range = entries[index].name
        return storage.bytes.extracting(Int(range.lowerBound)..<Int(range.upperBound))
    }

    /// The value of the field line at `index`.
    @_lifetime(borrow self)
    public func value(at index: Int) -> RawSpan {
        let range = entries[index].value
        return storage.bytes.extracting(Int(range.lowerBound)..<Int(range.upperBound))
    }

    /// The value of the first line named `name`, given in lower case.
    @_lifetime(borrow self)
    public func value(of name: StaticString) -> RawSpan? {
        guard let index = index(of: name) else { return nil }
        return value(at: index)
    }

    /// The first line at or after `start` whose name is `name`, given in lower case.
    public func index(of name: StaticString, from start: Int = 0) -> Int? {
        let size = Int32(name.utf8CodeUnitCount)
        for index in start..<entries.count {
            let range = entries[index].name
            guard range.upperBound - range.lowerBound == size else { continue }
            if self.name(at: index).equalsIgnoringCase(name) { return index }
        }
        return nil
    }

    /// How many lines are named `name`, given in lower case.
    public func count(of name: StaticString) -> Int {
        var found = 0
        var next = index(of: name)
        while let index = next {
            found += 1
            next = self.index(of: name, from: index + 1)
        }
        return found
    }
}
