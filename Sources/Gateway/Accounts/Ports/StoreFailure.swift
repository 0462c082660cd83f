/// Why a store did not do what it was asked to.
public struct StoreFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public struct Code: Hashable, Sendable {
        private enum Name { case unavailable, idTaken, newerSchema }
        private let name: Name
        /// The store is out of order now; the same call may succeed later.
        public static let unavailable = Code(name: .unavailable)
        /// There is a key of this id.
        public static let idTaken = Code(name: .idTaken)
        /// What is stored was written by a newer version of the program, and must not be touched by this one.
        public static let newerSchema = Code(name: .newerSchema)
    }

    /// What kind of failure it is.
    public let code: Code
    /// What went wrong: lower case, without a full stop and without a secret.
    public let message: String

    /// Makes a failure.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
