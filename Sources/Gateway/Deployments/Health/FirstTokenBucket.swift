internal import Wire

/// Streams that take about as long to their first token: by the prompt's size, and by how much the model is asked to think before it answers.
struct FirstTokenBucket {
    /// How many there are.
    static let count = 9

    /// The place among the estimates of a deployment, 0 to 8.
    let index: Int

    /// The bucket of a request with a body of so many bytes: up to 8 KiB, up to 64 KiB, more.
    init(bytes: Int, _ thinking: RequestEnvelope.Thinking) {
        let size = bytes <= 8 * 1024 ? 0 : bytes <= 64 * 1024 ? 1 : 2
        index = Int(thinking.rawValue) * 3 + size
    }
}
