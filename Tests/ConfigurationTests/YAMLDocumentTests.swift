import Testing

@testable import Configuration

@Suite struct YAMLDocumentTests {
    private func read(_ text: String) -> (YAMLNode?, [String]) { read(Array(text.utf8)) }

    private func read(_ bytes: [UInt8]) -> (YAMLNode?, [String]) {
        let list = ProblemList()
        let document = YAMLDocument(bytes, ProblemReporter(file: "f.yaml", problems: list))
        return (document.root, list.sorted().map(\.description))
    }

    @Test(arguments: [
        ("a:\n\tb: 1\n", "f.yaml:2: a tab in the indentation; use spaces only"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2: a second YAML document; remove this --- and what belongs to it"),
        (
            "a: [1, 2\nb: 3\n",
            "f.yaml:2: not valid YAML: did not find expected ',' or ']'; check colons, quotes and indentation of this line and the one above"
        ),
        ("a: 'x\n", "f.yaml:2: not valid YAML: found unexpected end of stream; check colons, quotes and indentation of this line and the one above"),
        ("a: 1\nb: *gone\n", "f.yaml:2: b: an alias without an anchor before it; define the anchor first, or write the value"),
        ("a: &x [*x]\n", "f.yaml:1: a[0]: an alias without an anchor before it; define the anchor first, or write the value"),
        ("a: &x 1\n*x : 2\n", "f.yaml:2: a key that is not a plain word; expected the name of an option"),
        ("? [a, b]\n: 1\n", "f.yaml:1: a key that is not a plain word; expected the name of an option"),
        ("a: 1\nb: !ruby/object:X {}\n", "f.yaml:2: b: a tag (!…); write the value without it"),
        ("a: 1\n<<: 2\n", "f.yaml:2: <<: found a number; expected a mapping to merge"),
        ("a: 1\nb: x\u{7}y\n", "f.yaml:2: a control character; delete it; only tabs and line ends are allowed"),
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: a: duplicate key; it was given on line 1 already; keep one"),
        ("'a': 1\nb: 2\n\"a\": 3\n", "f.yaml:3: a: duplicate key; it was given on line 1 already; keep one"),
        ("&k a: 1\na: 3\n", "f.yaml:1: a: duplicate key; keep one of them; the rest of the file was not checked"),
    ])
    func `what is wrong as YAML is told with its line`(text: String, problem: String) {
        #expect(read(text).1 == [problem])
    }

    @Test func `bytes that are no UTF-8 text are told`() {
        #expect(read([0xFF, 0xFE, 0x61, 0]).1 == ["f.yaml:1: the file is UTF-16; save it as UTF-8"])
        #expect(read(Array("a: 1\n\nb: ".utf8) + [0xC3]).1 == ["f.yaml:3: bytes that are not UTF-8; save the file as UTF-8"])
    }

    @Test func `a star that is no alias stays one`() {
        let (root, problems) = read("a*b: 'x * y'\nc: \"*z\"\nd: a*\ne: |\n  * item\nf: >-\n  *folded\n# *comment\n")
        #expect(problems.isEmpty)
        guard case .mapping(let entries)? = root?.content else { return #expect(Bool(false)) }
        #expect(entries.map(\.key) == ["a*b", "c", "d", "e", "f"])
        #expect(entries.map(\.value.text) == ["x * y", "*z", "a*", "* item\n", "*folded"])
    }

    @Test func `several repeated keys are all told, and a third one too`() {
        let (_, problems) = read("a: 1\nb: {x: 1, x: 2}\na: 2\nc: 3\na: 4\nc: 5\n")
        #expect(problems.map { String($0.prefix(11)) } == ["f.yaml:2: b", "f.yaml:3: a", "f.yaml:5: a", "f.yaml:6: c"])
    }

    @Test func `own keys win over merged ones and earlier merged ones over later`() {
        let (root, problems) = read("x: &x {p: 1, q: 1}\ny: &y {q: 2, r: 2}\nz:\n  <<: [*x, *y]\n  p: 3\n")
        #expect(problems.isEmpty)
        guard case .mapping(let entries)? = root?.content, case .mapping(let merged)? = entries.last?.value.content else {
            return #expect(Bool(false))
        }
        #expect(merged.map { "\($0.key)=\($0.value.text ?? "")" } == ["p=3", "q=1", "r=2"])
    }

    @Test func `the last anchor of a name counts, and marks point at the file`() {
        let (root, _) = read("a: &x 1\nb: *x\nc: &x 2\nd: *x\n")
        guard case .mapping(let entries)? = root?.content else { return #expect(Bool(false)) }
        #expect(entries.map(\.value.text) == ["1", "1", "2", "2"])
        #expect(entries.map(\.keyMark.line) == [1, 2, 3, 4])
    }

    @Test func `line ends of every system count alike`() {
        for end in ["\n", "\r\n", "\r"] {
            #expect(
                read(["a: 1", "b: 2", "a: 3", ""].joined(separator: end)).1 == [
                    "f.yaml:3: a: duplicate key; it was given on line 1 already; keep one"
                ])
        }
    }

    @Test func `a file cut at every byte neither crashes nor loops`() {
        let text = "a: &x {k: [1, \"ü\\n\", 'it''s']}\nb:\n  - <<: *x\n    a: |\n      text\n    a: >-\n      folded\n---\n# end\n? z\n: !t 1\n"
        let bytes = Array(text.utf8)
        for end in 0...bytes.count { _ = read(Array(bytes[..<end])) }
    }
}

extension YAMLNode {
    fileprivate var text: String? {
        guard case .scalar(let text, _) = content else { return nil }
        return text
    }
}
