/// A piece of a model's name: a word, a number or a mix that stays together (`4o`, `k2.6`, `70b`).
struct NameToken: Equatable {
    var text: String
    /// Whether it was in parentheses, where boards write settings.
    var isRemark = false

    /// Whether it has only digits.
    var isInteger: Bool { !text.isEmpty && text.utf8.allSatisfy(isDigit) }

    /// Splits a name at its separators and between letters and digits.
    ///
    /// A single letter stays with the number after it (`k2`, `o3`, `v3.1`) and with the one before it (`4o`, `4.5v`, `70b`); `5p1`, as
    /// Fireworks writes it, is `5.1`.
    static func tokens(of name: String) -> [NameToken] {
        var tokens: [NameToken] = []
        var piece: [UInt8] = []
        var isRemark = false
        func flush() {
            let word = String(decoding: piece, as: UTF8.self)
            tokens += (NameVocabulary.isWhole(word) ? [word] : split(piece)).map { NameToken(text: $0, isRemark: isRemark) }
            piece = []
        }
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "("), UInt8(ascii: "["):
                flush()
                isRemark = true
            case UInt8(ascii: ")"), UInt8(ascii: "]"):
                flush()
                isRemark = false
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), 0x80...:
                piece.append(byte)
            default: flush()
            }
        }
        flush()
        return tokens
    }

    /// A piece without separators, split where letters and digits meet.
    private static func split(_ piece: [UInt8]) -> [String] {
        let runs = runs(of: piece)
        var words: [String] = []
        var place = 0
        while place < runs.count {
            let run = runs[place]
            if !run.isNumber {
                // A letter and its number: k2, o3, v3.1, a35b, e4b.
                if run.text.utf8.count == 1, place + 1 < runs.count {
                    let isSize = place + 2 < runs.count && isUnit(runs[place + 2].text)
                    if isSize, run.text != "a", run.text != "e" {
                        words.append(run.text)
                        place += 1
                        continue
                    }
                    words.append(run.text + runs[place + 1].text + (isSize ? runs[place + 2].text : ""))
                    place += isSize ? 3 : 2
                    continue
                }
                words.append(run.text)
                place += 1
                continue
            }
            var word = run.text
            place += 1
            // 8x22b
            if place + 1 < runs.count, runs[place].text == "x", runs[place + 1].isNumber {
                word += "x" + runs[place + 1].text
                place += 2
            }
            if place < runs.count, runs[place].text.utf8.count == 1 {
                word += runs[place].text
                place += 1
            }
            words.append(word)
        }
        return words
    }

    private struct Run {
        var text: String
        var isNumber: Bool
    }

    private static func runs(of piece: [UInt8]) -> [Run] {
        var runs: [Run] = []
        var place = 0
        while place < piece.count {
            let start = place
            if isDigit(piece[place]) {
                var text: [UInt8] = []
                while place < piece.count {
                    let isJoint = piece[place] == UInt8(ascii: ".") || piece[place] == UInt8(ascii: "p")
                    if isDigit(piece[place]) {
                        text.append(piece[place])
                    } else if isJoint, place + 1 < piece.count, isDigit(piece[place + 1]) {
                        text.append(UInt8(ascii: "."))
                    } else {
                        break
                    }
                    place += 1
                }
                runs.append(Run(text: String(decoding: text, as: UTF8.self), isNumber: true))
            } else if piece[place] == UInt8(ascii: ".") {
                place += 1
            } else {
                while place < piece.count, !isDigit(piece[place]), piece[place] != UInt8(ascii: ".") { place += 1 }
                runs.append(Run(text: String(decoding: piece[start..<place], as: UTF8.self), isNumber: false))
            }
        }
        return runs
    }

    private static func isUnit(_ text: String) -> Bool { text == "b" || text == "t" || text == "m" }
}

/// Whether a byte is an ASCII digit.
func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
