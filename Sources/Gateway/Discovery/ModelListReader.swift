internal import Wire

/// One page of a provider's list of models.
struct ModelListPage: Sendable {
    /// The models, in the list's order.
    var models: [ModelConfiguration] = []
    /// Entries that were left out: without a usable id, or beyond the limit.
    var skipped = 0
    /// What must be added to the query for the next page; `nil` on the last one.
    var next: String?
}

/// Reads a provider's list of models in any of the shapes in use: `{"data": […]}`, `{"models": […]}` or a bare list; each entry with its id in
/// `id` or `name`, some of them in pages.
enum ModelListReader {
    /// The models of a list, in its order; `nil` when it is not a list of models.
    static func read(_ body: RawSpan) -> ModelListPage? {
        do throws(JSONError) {
            var scanner = JSONScanner(body)
            var page: ModelListPage?
            if try scanner.nextKind() == .array {
                page = try readList(&scanner, body)
            } else {
                page = try readObject(&scanner, body)
            }
            try scanner.finish()
            return page
        } catch {
            return nil
        }
    }

    private static func readObject(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> ModelListPage? {
        var page: ModelListPage?
        var hasData = false
        var next: String?
        var hasMore = false
        var last: String?
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            let isData = name.equals("data", in: body)
            if isData || name.equals("models", in: body), try scanner.nextKind() == .array {
                // llama.cpp sends both; `data` has the ids the other endpoints take.
                if hasData, !isData {
                    try scanner.skipValue()
                } else {
                    page = try readList(&scanner, body)
                    hasData = isData
                }
            } else if name.equals("next_page_token", in: body) {
                next = try token(&scanner, body).map { "page_token=\($0)" } ?? next
            } else if name.equals("nextPageToken", in: body) {
                next = try token(&scanner, body).map { "pageToken=\($0)" } ?? next
            } else if name.equals("has_more", in: body) {
                hasMore = try scanner.nextKind() == .true
                try scanner.skipValue()
            } else if name.equals("last_id", in: body) {
                last = try token(&scanner, body)
            } else {
                try scanner.skipValue()
            }
        }
        page?.next = next ?? (hasMore ? last.map { "after_id=\($0)" } : nil)
        return page
    }

    /// A token for a query: percent-encoded; `nil` when it is none.
    private static func token(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> String? {
        guard let text = try scanner.readTextOrSkip(), !text.isEmpty, text.range.count <= DiscoveryLimits.maximumPageTokenBytes else { return nil }
        return text.string(in: body).percentEncoded
    }

    private static func readList(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> ModelListPage {
        var page = ModelListPage()
        guard try scanner.enterArrayOrSkip() else { return page }
        while try scanner.nextElement() {
            var reader = ModelEntryReader()
            try reader.read(&scanner, body)
            if let model = reader.entry.model, page.models.count < DiscoveryLimits.maximumModels {
                page.models.append(model)
            } else if !reader.entry.isRetired {
                page.skipped += 1
            }
        }
        return page
    }
}

extension String {
    /// The text with every byte but RFC 3986's unreserved ones percent-encoded (§2.1, §2.3).
    fileprivate var percentEncoded: String {
        var text = ""
        for byte in utf8 {
            let isLetter = (byte | 0x20) &- 0x61 < 26
            if isLetter || byte &- 0x30 < 10 || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return text
    }
}
