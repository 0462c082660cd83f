/// How text options are written to and read from YAML.
enum TextValue {
    /// `text` as a scalar that reads as that text: plain where YAML allows it, else in single quotation marks.
    static func spell(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text.utf8.allSatisfy(isPlainByte) && !text.hasPrefix("-") && CoreScalar.boolean(text) == nil
            && CoreScalar.number(text) == nil && !["null", "Null", "NULL"].contains(text)
        return isPlain ? text : "'\(text.replacing("'", with: "''"))'"
    }

    /// The text of `value`, if it is one that `isValid` accepts.
    static func read(_ value: ConfigurationValue, _ accepts: String, _ isValid: (String) -> Bool) -> String? {
        guard let text = value.text(accepts) else { return nil }
        guard isValid(text) else {
            value.report("found \(value.node.sighting)", expected: "expected \(accepts)")
            return nil
        }
        return text
    }

    /// Letters, digits and what means nothing in YAML between them.
    private static func isPlainByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || "_-./".utf8.contains(byte)
    }
}
