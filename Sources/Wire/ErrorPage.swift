/// What an HTML page in place of an answer says about its cause. Only a few phrases that say something for
/// certain are read.
///
/// | page | words |
/// |---|---|
/// | Cloudflare's, `error code: 1009` (https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/) | `error code: 1009` |
/// | CloudFront's, "configured to block access from your country" (https://docs.aws.amazon.com/AmazonCloudFront) | `block access from your country` |
enum ErrorPage {
    /// Bytes of a page that are searched.
    private static let mostBytes = 16 * 1024

    /// The phrase; `nil` where there is none.
    static func words(of page: RawSpan) -> String? {
        let text = page.extracting(first: min(page.byteCount, mostBytes))
        for at in 0..<text.byteCount {
            switch text[byte: at] | 0x20 {
            case UInt8(ascii: "e"): if let code = code(in: text, behind: "error", at: at) { return "error code: \(code)" }
            case UInt8(ascii: "c"): if let code = code(in: text, behind: "cf-error-code", at: at) { return "error code: \(code)" }
            case UInt8(ascii: "b"): if stands(country, in: text, at: at) { return "\(country)" }
            default: break
            }
        }
        return nil
    }

    private static let country: StaticString = "block access from your country"

    private static func stands(_ literal: StaticString, in text: RawSpan, at: Int) -> Bool {
        let end = at + literal.utf8CodeUnitCount
        return end <= text.byteCount && text.extracting(at..<end).equalsIgnoringCase(literal)
    }

    /// The four-digit number after a word, with nothing between them but `code`, blanks, a colon and tags.
    private static func code(in text: RawSpan, behind word: StaticString, at start: Int) -> Int? {
        guard stands(word, in: text, at: start) else { return nil }
        var at = start + word.utf8CodeUnitCount
        let last = min(at + 64, text.byteCount)
        var isInTag = false
        while at < last {
            let byte = text[byte: at]
            if byte &- 0x30 < 10, !isInTag {
                let (low, high) = (at, min(at + 4, text.byteCount))
                guard high - low == 4, text.byteOrZero(at: high) &- 0x30 >= 10 else { return nil }
                return text.extracting(low..<high).decimalValue(atMost: 9999)
            }
            switch byte {
            case UInt8(ascii: "<"): isInTag = true
            case UInt8(ascii: ">"): isInTag = false
            case UInt8(ascii: " "), 0x09, 0x0A, 0x0D, UInt8(ascii: ":"), UInt8(ascii: "\""): break
            default:
                guard !isInTag else { break }
                guard stands("code", in: text, at: at) else { return nil }
                at += 3
            }
            at += 1
        }
        return nil
    }
}
