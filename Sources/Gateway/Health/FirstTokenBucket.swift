/// Requests that take about as long to their first token: by kind, as the first byte of a whole answer is its last, and by the prompt's size.
struct FirstTokenBucket {
    /// The place among the estimates of a deployment, 0 to 5.
    let index: Int

    /// The bucket of a request with a body of so many bytes: up to 8 KiB, up to 64 KiB, more.
    init(isStream: Bool, bytes: Int) {
        index = (isStream ? 0 : 3) + (bytes <= 8 * 1024 ? 0 : bytes <= 64 * 1024 ? 1 : 2)
    }
}
