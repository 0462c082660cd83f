/// Makes gzip streams (RFC 1952) of stored blocks (RFC 1951 §3.2.4), which need no compressor.
enum Gzip {
    /// `hello ` a hundred times, actually compressed.
    static let hellos: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 72, 205, 201, 201, 87, 200, 24, 37, 71, 73, 170, 146, 0, 243, 49, 162, 13, 88, 2, 0, 0,
    ]
    /// The same in zlib's format (RFC 1950).
    static let hellosAsZlib: [UInt8] = [
        120, 156, 203, 72, 205, 201, 201, 87, 200, 24, 37, 71, 73, 170, 146, 0, 237, 210, 220, 81,
    ]

    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
        var offset = 0
        repeat {
            let size = min(65_535, bytes.count - offset)
            out.append(offset + size == bytes.count ? 1 : 0)
            for value in [UInt16(size), ~UInt16(size)] { out += [UInt8(value & 0xFF), UInt8(value >> 8)] }
            out += bytes[offset..<offset + size]
            offset += size
        } while offset < bytes.count
        for value in [checksum(bytes), UInt32(truncatingIfNeeded: bytes.count)] {
            for shift in stride(from: UInt32(0), to: 32, by: 8) { out.append(UInt8(truncatingIfNeeded: value >> shift)) }
        }
        return out
    }

    /// This many zeros, 160 in each byte of the stream: one literal and matches of 258 bytes at distance 1,
    /// with the fixed codes (RFC 1951 §3.2.6).
    static func zeros(_ count: Int) -> [UInt8] {
        precondition(count % 258 == 1)
        var bits = BitWriter()
        bits.append([1, 1, 0])  // the last block, with fixed codes
        bits.append([0, 0, 1, 1, 0, 0, 0, 0])  // the literal 0
        for _ in 0..<(count - 1) / 258 { bits.append([1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]) }  // length 258, distance 1
        bits.append([0, 0, 0, 0, 0, 0, 0])  // the block's end
        var out: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF] + bits.bytes
        for value in [checksum(zeros: count), UInt32(truncatingIfNeeded: count)] {
            for shift in stride(from: UInt32(0), to: 32, by: 8) { out.append(UInt8(truncatingIfNeeded: value >> shift)) }
        }
        return out
    }

    private struct BitWriter {
        var bytes: [UInt8] = []
        private var place = 8

        mutating func append(_ bits: [UInt8]) {
            for bit in bits {
                if place == 8 {
                    bytes.append(0)
                    place = 0
                }
                bytes[bytes.count - 1] |= bit << UInt8(place)
                place += 1
            }
        }
    }

    private static func checksum(zeros count: Int) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for _ in 0..<count { crc = table[Int(crc & 0xFF)] ^ (crc >> 8) }
        return ~crc
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    /// CRC-32 (RFC 1952 §8).
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes { crc = table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8) }
        return ~crc
    }
}
