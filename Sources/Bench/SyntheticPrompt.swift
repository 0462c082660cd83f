internal import Wire

/// Text made up of common short words, each of which is, with the space before it, one token to the usual
/// tokenizers.
enum SyntheticPrompt {
    private static let words = [
        "time", "year", "people", "way", "day", "man", "thing", "woman", "life", "child", "world", "school", "state", "family", "student", "group",
        "country", "problem", "hand", "part", "place", "case", "week", "company", "system", "program", "question", "work", "number", "night",
        "point", "home", "water", "room", "mother", "area", "money", "story", "fact", "month", "lot", "right", "study", "book", "eye", "job",
        "word", "business", "issue", "side", "kind", "head", "house", "service", "friend", "father", "power", "hour", "game", "line", "end",
        "member", "law", "car",
    ]

    /// A prompt of about this many tokens, as a JSON string with its quotes. Every draw is a different text, so
    /// that prompt caches do not help.
    static func json(tokens: Int, using random: inout LoadRandom) -> String {
        var text = "\""
        // The leading number makes each differ from its first token on.
        text += "\(random.next() % 1_000_000):"
        for _ in 0..<max(0, tokens - 3) {
            text += " "
            text += words[Int(random.next() % UInt64(words.count))]
        }
        return text + "\""
    }
}
