internal import Wire

/// What one page of a list says about the next, in any of the ways in use.
///
/// | said | asked for next |
/// | --- | --- |
/// | `next_page_token`, `nextPageToken`, `next_token`, `next_cursor`, … | the parameter of that name's API |
/// | `next`, `next_page`, `nextLink`, `links.next`, a `Link` field: an address | the query of that address, at the same place |
/// | `has_more` with `last_id`, or without it | what comes after that id, or after the last one |
/// | `page`, `per_page` and `total_count` | the next number, at Cloudflare |
/// | `page` and `total_pages`; `offset`, `limit` and `total` | the next number |
///
/// Only a query is ever taken from what a provider says, never a host or a path: its key goes where the configuration says.
struct PageMarks {
    private var named: [String] = []
    private var hasMore = false
    private var lastID: String?
    private var page: Int?
    private var pages: Int?
    private var pageSize: Int?
    private var offset: Int?
    private var limit: Int?
    private var total: Int?

    /// Reads a member of an answer; `false`, with nothing read, when it says nothing about pages.
    mutating func read(_ name: JSONText, _ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> Bool {
        try read(name, &scanner, body, isNested: false)
    }

    private mutating func read(
        _ name: JSONText, _ scanner: inout JSONScanner, _ body: RawSpan, isNested: Bool
    ) throws(JSONError) -> Bool {
        if let parameters = PageMarks.parameters(of: name, body) {
            try readNext(parameters, &scanner, body)
        } else if name.equals("has_more", in: body) || name.equals("hasMore", in: body) || name.equals("has_next_page", in: body)
            || name.equals("has_next", in: body)
        {
            if try scanner.nextKind() == .true { hasMore = true }
            try scanner.skipValue()
        } else if name.equals("last_id", in: body) || name.equals("lastId", in: body) {
            lastID = try text(&scanner, body)
        } else if name.equals("page", in: body) || name.equals("current_page", in: body) || name.equals("currentPage", in: body) {
            page = try number(&scanner)
        } else if name.equals("total_pages", in: body) || name.equals("totalPages", in: body) || name.equals("last_page", in: body)
            || name.equals("num_pages", in: body) || name.equals("pages", in: body)
        {
            pages = try number(&scanner)
        } else if name.equals("per_page", in: body) || name.equals("perPage", in: body) || name.equals("page_size", in: body)
            || name.equals("pageSize", in: body)
        {
            pageSize = try number(&scanner)
        } else if name.equals("offset", in: body) {
            offset = try number(&scanner)
        } else if name.equals("limit", in: body) {
            limit = try number(&scanner)
        } else if name.equals("total", in: body) || name.equals("total_count", in: body) || name.equals("totalCount", in: body) {
            total = try number(&scanner)
        } else if !isNested, PageMarks.holdsMarks(name, body), try scanner.nextKind() == .object {
            try scanner.enterObject()
            while let member = try scanner.nextMember() {
                if try !read(member, &scanner, body, isNested: true) { try scanner.skipValue() }
            }
        } else {
            return false
        }
        return true
    }

    /// What may be added to the query for the next page; none when this is the last.
    ///
    /// - Parameters:
    ///   - id: The last id on the page.
    ///   - count: The entries on it.
    func next(after id: String?, count: Int) -> [String] {
        if !named.isEmpty { return named }
        if let page, let pages, page < pages { return ["page=\(page + 1)"] }
        if let page, let pageSize, let total, pages == nil, page > 0, pageSize > 0, count > 0, page.multipliedClamped(by: pageSize) < total {
            return ["page=\(page + 1)"]
        }
        if hasMore, let last = lastID ?? id {
            let text = last.percentEncoded
            // Anthropic's name for it, OpenAI's, and two that others use.
            return ["after_id=\(text)", "after=\(text)"] + (page.map { ["page=\($0 + 1)"] } ?? [])
        }
        if hasMore, let page { return ["page=\(page + 1)"] }
        if let offset, let total, count > 0, offset + count < total {
            return ["offset=\(offset + count)" + (limit.map { "&limit=\($0)" } ?? "")]
        }
        return []
    }

    /// The query of the address that a `Link` field names as the next (RFC 8288 §3); `nil` when there is none.
    static func next(inLink field: String) -> String? {
        for link in field.split(separator: ",") {
            guard let open = link.firstIndex(of: "<"), let close = link.firstIndex(of: ">"), open < close else { continue }
            let parameters = link[close...].lowercased()
            guard parameters.contains("rel=\"next\"") || parameters.contains("rel=next") else { continue }
            return query(of: String(link[link.index(after: open)..<close]))
        }
        return nil
    }

    // MARK: Values

    private mutating func readNext(_ parameters: [StaticString], _ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) {
        switch try scanner.nextKind() {
        case .string:
            guard let text = try text(&scanner, body) else { return }
            if let query = PageMarks.query(of: text) {
                named.append(query)
            } else if !text.contains("://"), !text.hasPrefix("/") {
                named += parameters.map { "\($0)=\(text.percentEncoded)" }
            }
        case .number where parameters.contains(where: { "\($0)" == "page" }):
            if let number = try number(&scanner) { named.append("page=\(number)") }
        case .object:
            // `{"next": {"href": "…"}}`, as in HAL.
            try scanner.enterObject()
            while let member = try scanner.nextMember() {
                if member.equals("href", in: body) || member.equals("url", in: body) {
                    if let query = try text(&scanner, body).flatMap(PageMarks.query) { named.append(query) }
                } else {
                    try scanner.skipValue()
                }
            }
        case .array, .number, .true, .false, .null: try scanner.skipValue()
        }
    }

    /// The parameters by which a member's token is given back; `nil` when the member is none that has one.
    private static func parameters(of name: JSONText, _ body: RawSpan) -> [StaticString]? {
        if name.equals("next_page_token", in: body) { return ["page_token"] }
        if name.equals("nextPageToken", in: body) { return ["pageToken"] }
        if name.equals("next_token", in: body) { return ["next_token"] }
        if name.equals("nextToken", in: body) { return ["nextToken"] }
        if name.equals("next_cursor", in: body) || name.equals("nextCursor", in: body) || name.equals("end_cursor", in: body) {
            return ["cursor", "after"]
        }
        if name.equals("continuation_token", in: body) || name.equals("continuationToken", in: body) {
            return ["continuation_token", "continuationToken"]
        }
        if name.equals("next_page", in: body) || name.equals("nextPage", in: body) { return ["page", "next_page", "page_token"] }
        if name.equals("next", in: body) || name.equals("next_url", in: body) || name.equals("nextLink", in: body)
            || name.equals("@odata.nextLink", in: body)
        {
            return ["next", "cursor", "page", "after"]
        }
        return nil
    }

    /// Whether a member is an object that says something about pages.
    private static func holdsMarks(_ name: JSONText, _ body: RawSpan) -> Bool {
        name.equals("pagination", in: body) || name.equals("paging", in: body) || name.equals("meta", in: body) || name.equals("links", in: body)
            || name.equals("_links", in: body) || name.equals("result_info", in: body) || name.equals("page_info", in: body)
            || name.equals("pageInfo", in: body) || name.equals("cursor", in: body)
    }

    /// What stands behind the question mark of an address, as it is; `nil` when nothing does, or something that can't stand in a query.
    private static func query(of address: String) -> String? {
        guard let mark = address.firstIndex(of: "?") else { return nil }
        let query = address[address.index(after: mark)...].prefix { $0 != "#" }
        let isSound = query.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"\"<>\\^`{|}".utf8.contains($0) }
        return !query.isEmpty && query.utf8.count <= DiscoveryLimits.maximumPageTokenBytes && isSound ? String(query) : nil
    }

    /// A text that is not empty and not too long.
    private func text(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> String? {
        guard let text = try scanner.readTextOrSkip(), !text.isEmpty, text.range.count <= DiscoveryLimits.maximumPageTokenBytes else { return nil }
        return text.string(in: body)
    }

    /// A number that counts pages or entries.
    private func number(_ scanner: inout JSONScanner) throws(JSONError) -> Int? {
        try scanner.readIntegerOrSkip(atMost: ForeignNumber.count).flatMap { $0 >= 0 ? $0 : nil }
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
