internal import Gateway
internal import Wire

/// `GET /docs`: the description of the API as one page for people, without anything from elsewhere.
enum DocumentationPage {
    private static let style = """
        :root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
        code{font:.9em ui-monospace,monospace;background:#8881;padding:.1em .3em;border-radius:3px}
        details{border:1px solid #8884;border-radius:6px;margin:.5rem 0;padding:.5rem .8rem}summary{cursor:pointer}
        .method{display:inline-block;min-width:4.2rem;font-weight:600;text-transform:uppercase}.access{float:right;opacity:.7}
        table{border-collapse:collapse;width:100%;margin:.5rem 0}td,th{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-top:1px solid #8883}
        """

    /// Writes the page.
    static func write(into buffer: inout ByteBuffer) {
        buffer.append(utf8: "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">")
        buffer.append(utf8: "<title>BEST \(BuildInformation.version)</title><style>\(style)</style></head><body>")
        buffer.append(utf8: "<h1>BEST \(BuildInformation.version)</h1><p>\(prose(APIDescription.introduction))</p>")
        buffer.append(utf8: "<p>The same for programs: <a href=\"/openapi.json\">openapi.json</a>.</p>")
        for tag in APIDescription.tags {
            let operations = APIOperations.all.filter { $0.tag == tag.name }
            guard !operations.isEmpty else { continue }
            buffer.append(utf8: "<h2>\(escape(tag.name))</h2><p>\(prose(tag.summary))</p>")
            for operation in operations { write(operation, into: &buffer) }
        }
        buffer.append(utf8: "<h2>Shapes</h2>")
        for (name, schema) in APISchemas.all {
            let rows = properties(of: schema)
            guard !rows.isEmpty else { continue }
            buffer.append(utf8: "<h3 id=\"\(escape(name))\"><code>\(escape(name))</code></h3>")
            writeTable(["member", "type", "meaning"], rows, into: &buffer)
        }
        buffer.append("</body></html>\n")
    }

    private static func write(_ operation: APIOperation, into buffer: inout ByteBuffer) {
        buffer.append(utf8: "<details><summary><span class=\"access\">\(operation.access.rawValue)</span>")
        buffer.append(
            utf8: "<span class=\"method\">\(escape(operation.method))</span> <code>\(escape(operation.path))</code> \(prose(operation.summary))")
        buffer.append("</summary>")
        if operation.hasShortPath { buffer.append(utf8: "<p>Also at <code>\(escape(operation.paths[1]))</code>.</p>") }
        if !operation.details.isEmpty { buffer.append(utf8: "<p>\(prose(operation.details))</p>") }
        if !operation.parameters.isEmpty {
            writeTable(
                ["parameter", "where", "meaning"],
                operation.parameters.map {
                    ["<code>\(escape($0.name))</code>", "\($0.place)\($0.isRequired ? ", required" : "")", prose($0.summary)]
                },
                into: &buffer)
        }
        if let body = operation.body { buffer.append(utf8: "<p>Body: \(link(body))</p>") }
        let answers = operation.success.contents.map { "<code>\(escape($0.type))</code> \(link($0.schema))" }.joined(separator: ", ")
        var rows = [[String(operation.success.status), "\(prose(operation.success.summary)) \(answers)"]]
        rows += APIDescription.errors(of: operation).map { [String($0.status), prose($0.summary)] }
        writeTable(["status", "meaning"], rows, into: &buffer)
        buffer.append("</details>")
    }

    /// A table; the cells are HTML.
    private static func writeTable(_ head: [String], _ rows: [[String]], into buffer: inout ByteBuffer) {
        buffer.append(utf8: "<table><tr>\(head.map { "<th>\($0)</th>" }.joined())</tr>")
        for row in rows { buffer.append(utf8: "<tr>\(row.map { "<td>\($0)</td>" }.joined())</tr>") }
        buffer.append("</table>")
    }

    /// The members of an object's schema as rows.
    private static func properties(of schema: JSONTree) -> [[String]] {
        guard case .object(let members) = schema, case .object(let properties)? = members.first(where: { $0.0 == "properties" })?.1 else { return [] }
        var required: Set<String> = []
        if case .array(let names)? = members.first(where: { $0.0 == "required" })?.1 {
            for case .string(let name) in names { required.insert(name) }
        }
        return properties.map { name, property in
            var type = ""
            var meaning = ""
            if case .object(let parts) = property {
                for (key, value) in parts {
                    switch (key, value) {
                    case ("type", .string(let text)): type = escape(text)
                    case ("type", .array(let options)):
                        type = options.compactMap { if case .string(let text) = $0 { escape(text) } else { nil } }.joined(separator: " or ")
                    case ("description", .string(let text)): meaning = prose(text)
                    case ("$ref", .string(let target)): type = link(String(target.split(separator: "/").last ?? ""))
                    default: break
                    }
                }
            }
            return ["<code>\(escape(name))</code>\(required.contains(name) ? "" : " <small>optional</small>")", type, meaning]
        }
    }

    private static func link(_ schema: String) -> String { "<a href=\"#\(escape(schema))\">\(escape(schema))</a>" }

    /// Text in which `code` is marked as in Markdown.
    private static func prose(_ text: String) -> String {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { index, piece in
            index % 2 == 1 ? "<code>\(escape(String(piece)))</code>" : escape(String(piece))
        }.joined()
    }

    private static func escape(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }
}
