import Testing

@testable import Wire

@Suite struct `Folded text` {
    private func folded(_ text: String, _ marks: FoldedText.Marks = .kept) -> String {
        let bytes = Array(text.utf8)
        var (folded, wasSpace): ([UInt8], Bool) = ([], false)
        FoldedText.append(bytes.span.bytes, marks: marks, to: &folded, wasSpace: &wasSpace)
        return String(decoding: folded, as: UTF8.self)
    }

    @Test(arguments: [
        ("Nothing LEFT", "nothing left"), ("a \t\n b", "a b"), ("a\u{A0}b\u{3000}\u{2009}c", "a b c"),
        ("Недостаточно СРЕДСТВ, Ёлка, ҐАНОК", "недостаточно средств, ёлка, ґанок"),
        ("CRÉDITS ÉPUISÉS, ÜBERLASTET, ŒUVRE, ŸVES", "crédits épuisés, überlastet, œuvre, ÿves"),
        ("YETERSİZ BAKİYE, ŞİMDİ", "yetersiz bakiye, şimdi"), ("SỐ DƯ KHÔNG ĐỦ, HẾT TIỀN", "số dư không đủ, hết tiền"),
        ("ŚRODKÓW, NEDOSTATEČNÝ ZŮSTATEK, ŽE", "środków, nedostatečný zůstatek, že"), ("ΑΝΕΠΑΡΚΈΣ ΥΠΌΛΟΙΠΟ", "ανεπαρκέσ υπόλοιπο"),
        ("余额不足, 残高, 잔액, اعتبار, हिन्दी", "余额不足, 残高, 잔액, اعتبار, हिन्दी"), ("× ÷ ß", "× ÷ ß"), ("ＡＢＣ", "ａｂｃ"),
    ])
    func `is in lower case in every alphabet that has it, with one blank for each run of white space`(text: String, expected: String) {
        #expect(folded(text) == expected)
        #expect(folded(expected) == expected, "folded text stays as it is")
    }

    @Test(arguments: [
        #"The model "x" does not exist"#, "The model 'x' does not exist", "The model `x` does not exist", #"The model \"x\" does not exist"#,
        #"The model \\"x\\" does not exist"#, "The model “x” does not exist", "The model ‘x’ does not exist", "The model «x» does not exist",
        "The model 「x」 does not exist", "The model &quot;x&quot; does not exist", "The model &#39;x&#39; does not exist",
        "The model ' x ' does not exist",
    ])
    func `is the same whatever quotes it has, when they are dropped`(text: String) {
        #expect(folded(text, .dropped) == "the model x does not exist")
        #expect(folded(text) != folded(text, .dropped))
    }

    @Test func `keeps bytes that are not UTF-8, and never reads past the end`() {
        for bytes in [[0xC3], [0xE4, 0xBD], [0xF0, 0x9F], [0xFF, 0x41], [0x80, 0x42], [0xC3, 0x41], [0x26], [0x5C]] as [[UInt8]] {
            var (folded, wasSpace): ([UInt8], Bool) = ([], false)
            FoldedText.append(bytes.span.bytes, marks: .kept, to: &folded, wasSpace: &wasSpace)
            #expect(folded == bytes.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 })
        }
    }
}
