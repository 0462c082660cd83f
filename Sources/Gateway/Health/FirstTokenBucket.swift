/// Streams that take about as long to their first token: by the prompt's size.
struct FirstTokenBucket {
    /// How many there are.
    static let count = 3

    /// The place among the estimates of a deployment, 0 to 2.
    let index: Int

    /// The bucket of a request with a body of so many bytes: up to 8 KiB, up to 64 KiB, more.
    init(bytes: Int) {
        index = bytes <= 8 * 1024 ? 0 : bytes <= 64 * 1024 ? 1 : 2
    }
}
