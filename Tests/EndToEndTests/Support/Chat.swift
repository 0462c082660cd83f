/// Bodies of chat requests.
enum Chat {
    /// A body with further `members`, each with a comma behind it.
    static func body(_ model: String = "m", stream: Bool = false, _ members: String = "") -> String {
        "{\"model\":\"\(model)\",\(stream ? "\"stream\":true," : "")\(members)\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"
    }

    /// The text of the mock's answers: `w0 w1 …`.
    static func words(_ count: Int) -> String {
        (0..<count).map { "w\($0) " }.joined()
    }
}
