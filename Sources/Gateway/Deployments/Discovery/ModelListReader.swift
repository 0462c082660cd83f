internal import Wire

/// Reads a provider's list of models in any of the shapes in use.
///
/// The list is an array, of entries or of ids, or an object of entries by their ids. It is the whole body, or stands under `data`, `models` or another
/// of the usual names, perhaps one within the other (`{"result": {"models": […]}}`). Each entry has its id in `id`, in one of its other names, or in
/// `name`.
enum ModelListReader {
    /// How deep a list may lie within objects.
    private static let maximumDepth = 4

    /// The models of a list, in its order; `nil` when it is not a list of models.
    static func read(_ body: RawSpan) -> ModelListPage? {
        let text = ModelListMending.withoutMark(body)
        if let page = readOnce(text) { return page }
        // What is wrong in one entry's text takes nothing from the others.
        return ModelListMending.mended(text)?.withBytes { readOnce($0) }
    }

    private static func readOnce(_ body: RawSpan) -> ModelListPage? {
        do throws(JSONError) {
            var scanner = JSONScanner(body, acceptingLoneSurrogates: true)
            var marks = PageMarks()
            let found = try readAny(&scanner, body, &marks, depth: 0)
            try scanner.finish()
            guard var page = found else { return nil }
            page.next = marks.next(after: page.models.last?.id, count: page.models.count)
            return page
        } catch {
            return nil
        }
    }

    private static func readAny(
        _ scanner: inout JSONScanner, _ body: RawSpan, _ marks: inout PageMarks, depth: Int
    ) throws(JSONError) -> ModelListPage? {
        switch try scanner.nextKind() {
        case .array: return try readList(&scanner, body)
        case .object where depth < maximumDepth: return try readObject(&scanner, body, &marks, depth: depth)
        case .object, .string, .number, .true, .false, .null:
            try scanner.skipValue()
            return nil
        }
    }

    private static func readList(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> ModelListPage {
        var page = ModelListPage()
        try scanner.enterArray()
        while try scanner.nextElement() {
            var reader = ModelEntryReader()
            if try scanner.nextKind() == .string { try reader.readID(&scanner, body) } else { try reader.read(&scanner, body) }
            page.append(reader.entry)
        }
        return page
    }

    private static func readObject(
        _ scanner: inout JSONScanner, _ body: RawSpan, _ marks: inout PageMarks, depth: Int
    ) throws(JSONError) -> ModelListPage? {
        // Of several lists that under the most usual name counts (llama.cpp sends `models` and `data`, and `data` has the ids that requests take), if
        // there is something in it.
        var best: (rank: Int, page: ModelListPage)?
        // What would be the list if the object's members were its entries, or lists of them.
        var keyed = ModelListPage()
        var isKeyed = true
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            let kind = try scanner.nextKind()
            if let rank = rank(of: name, body), kind == .array || kind == .object {
                guard let page = try readAny(&scanner, body, &marks, depth: depth + 1) else { continue }
                if let known = best, (known.page.models.isEmpty ? 1 : 0, known.rank) <= (page.models.isEmpty ? 1 : 0, rank) { continue }
                best = (rank, page)
            } else if try marks.read(name, &scanner, body) {
                continue
            } else if kind == .object, !isAbout(name, body) {
                var reader = ModelEntryReader()
                reader.noteKey(name, body)
                try reader.read(&scanner, body)
                keyed.append(reader.entry)
                // One that says nothing at all is a model by its name alone.
                if reader.entry.knownMembers == 0, reader.hasOthers { isKeyed = false }
            } else if kind == .array, depth > 0 {
                let group = try readList(&scanner, body)
                for model in group.models where keyed.models.count < DiscoveryLimits.maximumModels { keyed.models.append(model) }
                keyed.skipped += group.skipped
            } else {
                try scanner.skipValue()
            }
        }
        if let best { return best.page }
        // A whole body that is none of the shapes is a list only if every member looks like a model.
        return keyed.models.isEmpty || depth == 0 && !isKeyed ? nil : keyed
    }

    /// The place of a member among those under which lists stand; `nil` for all others.
    private static func rank(of name: JSONText, _ body: RawSpan) -> Int? {
        if name.equals("data", in: body) { return 0 }
        if name.equals("models", in: body) { return 1 }
        if name.equals("result", in: body) || name.equals("results", in: body) || name.equals("items", in: body) { return 2 }
        if name.equals("model_list", in: body) || name.equals("modelList", in: body) || name.equals("list", in: body) { return 3 }
        if name.equals("response", in: body) || name.equals("body", in: body) || name.equals("content", in: body) || name.equals("value", in: body) {
            return 4
        }
        return nil
    }

    /// Whether a member tells something about the answer, and is no model, whatever is in it.
    private static func isAbout(_ name: JSONText, _ body: RawSpan) -> Bool {
        name.equals("error", in: body) || name.equals("errors", in: body) || name.equals("detail", in: body) || name.equals("message", in: body)
            || name.equals("metadata", in: body) || name.equals("usage", in: body) || name.equals("info", in: body) || name.equals("status", in: body)
    }
}
