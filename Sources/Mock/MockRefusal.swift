/// A request that a mock provider refuses, in the words of a real one.
struct MockRefusal: Error, Equatable {
    let status: Int
    let message: String
    var code: String?
    /// Milliseconds until the client may come back.
    var wait: Int?
}
