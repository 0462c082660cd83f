internal import Wire

/// The top-level members of a request body, in order, as JSON text.
struct RequestMembers: Equatable, Sendable {
    struct Member: Equatable, Sendable {
        let name: String
        /// The value's JSON text.
        var value: String
    }

    private(set) var list: [Member] = []

    /// The JSON text of the member of that name.
    subscript(name: String) -> String? { list.first { $0.name == name }?.value }

    /// Sets a member, in place if it exists, otherwise at the end.
    mutating func set(_ name: String, to value: String) {
        if let index = list.firstIndex(where: { $0.name == name }) {
            list[index].value = value
        } else {
            list.append(Member(name: name, value: value))
        }
    }

    /// Puts the prompt, a JSON string with its quotes, where the endpoint expects it.
    mutating func setPrompt(_ prompt: String, for endpoint: LoadEndpoint) {
        switch endpoint {
        case .chat: set("messages", to: #"[{"role":"user","content":\#(prompt)}]"#)
        case .completions: set("prompt", to: prompt)
        case .embeddings: set("input", to: prompt)
        }
    }

    mutating func remove(_ name: String) {
        list.removeAll { $0.name == name }
    }

    /// Reads an object.
    mutating func read(_ scanner: inout JSONScanner, in text: RawSpan) throws(JSONError) {
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            let value = try scanner.skipValue()
            set(name.string(in: text), to: text.extracting(value).text)
        }
        try scanner.finish()
    }

    /// Appends the object.
    func append(to output: inout ByteBuffer) {
        output.append("{")
        for (index, member) in list.enumerated() {
            if index > 0 { output.append(",") }
            output.append(jsonString: member.name)
            output.append(":")
            output.append(utf8: member.value)
        }
        output.append("}")
    }
}
