internal import Wire

extension NearestName {
    /// `did you mean "x"?`, or the list of valid names when none is near.
    static func suggestion(for word: String, among names: [String]) -> String {
        if let nearest = nearest(to: word, among: names) { return "did you mean \"\(nearest)\"?" }
        return "valid are \(names.joined(separator: ", "))"
    }
}
