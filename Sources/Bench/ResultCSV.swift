public import Wire

/// A result as comma-separated values (RFC 4180): a header, and one row for each target.
public enum ResultCSV {
    /// Appends the file's text. Columns without a value for a target are empty; failures are one column,
    /// `class=count` separated by semicolons.
    public static func append(_ result: LoadResult, to output: inout ByteBuffer) {
        let rows = result.targets.map { target in
            (target, ResultEntry.all(of: target.measurement).filter { !$0.name.hasPrefix("failures.") })
        }
        var columns: [String] = []
        for (_, entries) in rows { for entry in entries where !columns.contains(entry.name) { columns.append(entry.name) } }
        line(["target", "url"] + columns + ["failures"], to: &output)
        for (target, entries) in rows {
            let values = columns.map { name in entries.first { $0.name == name }.map { ResultJSON.number($0.value) } ?? "" }
            let failures = target.measurement.failures.sorted { $0.key.name < $1.key.name }.map { "\($0.key.name)=\($0.value)" }
            line([target.name, target.url] + values + [failures.joined(separator: ";")], to: &output)
        }
    }

    private static func line(_ fields: [String], to output: inout ByteBuffer) {
        for (index, field) in fields.enumerated() {
            if index > 0 { output.append(",") }
            output.append(utf8: quoted(field))
        }
        output.append("\r\n")
    }

    /// A field, quoted if necessary.
    static func quoted(_ field: String) -> String {
        guard field.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return field }
        return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
