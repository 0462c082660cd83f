internal import EventLoop
internal import Gateway

/// Why a file did not come, in one line.
package struct FetchProblem: Error {
    package let description: String
    /// Whether the server says that there is no such file.
    package var isMissing = false
}
