extension MockBehaviour {
    /// Parses a script over the default behaviour.
    ///
    /// A script is a list of `key=value` items and of words, separated by commas, semicolons, ampersands or
    /// spaces; `%XX` stands for a byte. At most one of the failures strikes a request; each may be preceded by
    /// a probability: `fail=0.05:429`. The first failure (or retry hint) in a script replaces those set before,
    /// further ones are added.
    ///
    /// | key | value | meaning |
    /// | --- | --- | --- |
    /// | `ttft` | distribution, ms | time to the first chunk of a stream |
    /// | `rate` | distribution, chunks/s | pace, drawn once a stream |
    /// | `gap` | distribution, ms | pace, drawn for each write |
    /// | `delay` | distribution, ms | before an answer that is not a stream, and before errors |
    /// | `early-head` | – | the head is sent before `ttft` |
    /// | `tokens` | distribution | content chunks; words of a whole answer |
    /// | `bytes` | number | bytes of content in a chunk |
    /// | `event` | number | bytes of a content event |
    /// | `reply` | number | bytes of a whole answer's body |
    /// | `batch` | number | events in a write |
    /// | `big` | number | bytes of content in the one event at `at` |
    /// | `flood` | number | bytes of a stream as fast as the client reads |
    /// | `dims` | number | numbers in an embedding |
    /// | `content` | `count`, `stamp`, `prose` | what the chunks say |
    /// | `usage` | `always`, `asked`, `never`, `on-choice` | when usage is reported (`1`, `0`: always, never) |
    /// | `finish` | text | the `finish_reason` |
    /// | `reasoning` | number, or none for 3 | the first chunks are reasoning |
    /// | `tool` | name, or none for `mock_tool` | a tool call instead of text |
    /// | `role-first` | – | the role in an event of its own |
    /// | `crlf` | – | lines end with CR LF |
    /// | `comments` | number | a comment before every this many chunks |
    /// | `split` | – | events cut into several writes |
    /// | `mutter` | number, ms | comments this far apart until the first chunk (OpenRouter) |
    /// | `field` | `name:value` | a further header line of every answer |
    /// | `nofinish`, `nodone` | – | no `finish_reason`; no `[DONE]` |
    /// | `nostream` | – | a whole answer even if a stream was asked for |
    /// | `close` | – | `connection: close` |
    /// | `status`, `fail` | [p:]number | failure: an error status |
    /// | `reset` | [p:]`head`, `half`, number | failure: connection broken off there |
    /// | `stall` | [p:]`head`, `half`, number | failure: silence from there on |
    /// | `cut` | [p:]`half`, number | failure: clean end of the body there |
    /// | `error-event` | [p:]`half`, number | failure: an error object in the stream |
    /// | `malformed` | [p:]`json`, `sse`, `truncated`, `headers` | failure: broken form at `at` |
    /// | `empty` | [p:]`choices`, `content`, `body`, or none | failure: success without content |
    /// | `ok` | – | no failure, no quota |
    /// | `times` | number | failures strike only the first requests |
    /// | `at` | number | the chunk of `malformed` and `big` |
    /// | `body` | a name of `MockErrorShape` | form of error bodies |
    /// | `window` | `minute`, `day`, `month` | the limit that a 429 names, in the words of the body's form |
    /// | `retry-after` | [dialect:]seconds | hint in error answers; dialects: `MockRetryHint.Dialect` |
    /// | `code`, `message` | text | of errors |
    /// | `quota` | [`account`:][`fixed`, `aligned`, `rolling`:]requests/seconds | hidden limit for each key, or for all together |
    ///
    /// A word without `=` may also be given as `word=1`, and undone by `word=0`. For the benchmark rig in C,
    /// the names `chunks`, `delay_ms`, `chunk_bytes`, `ttft_ms`, `reply_bytes`, `reply_ms`, `fail_429`,
    /// `fail_500` and `reset_mid` (the last three in thousandths) are accepted too.
    ///
    /// - Throws: At the first item that is not in the table, or whose value is out of range.
    public init(parsing script: String) throws(MockScriptError) {
        self.init()
        try apply(script)
    }

    /// Changes what a script names and leaves the rest unchanged.
    ///
    /// - Throws: At the first invalid item; the behaviour is then unchanged.
    public mutating func apply(_ script: some StringProtocol) throws(MockScriptError) {
        var parser = MockScriptParser(self)
        for item in script.split(whereSeparator: { $0 == "," || $0 == ";" || $0 == "&" || $0 == " " }) {
            try parser.take(item)
        }
        self = parser.behaviour
    }

    /// Where a model name ends and a script after it begins: at the first colon that is followed by a key of
    /// the language.
    ///
    /// - Returns: The index of the colon; `nil` when there is no script.
    static func scriptStart(in model: String) -> String.Index? {
        var from = model.startIndex
        while let colon = model[from...].firstIndex(of: ":") {
            let rest = model[model.index(after: colon)...]
            let key = rest.prefix { $0 != "=" && $0 != "," && $0 != ";" && $0 != ":" }
            if MockScriptParser.isKey(key) { return colon }
            from = model.index(after: colon)
        }
        return nil
    }
}
