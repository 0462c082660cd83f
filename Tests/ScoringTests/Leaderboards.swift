import Foundation
import Testing

/// The real boards and lists beside the checkout, which are not part of it.
enum Leaderboards {
    /// The directory: `BEST_LEADERBOARDS`, or `../shared/leaderboards` beside the package; `nil` if neither
    /// exists.
    static let directory: URL? = {
        if let path = ProcessInfo.processInfo.environment["BEST_LEADERBOARDS"] { return URL(filePath: path) }
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let beside = package.deletingLastPathComponent().appending(path: "shared/leaderboards")
        return FileManager.default.fileExists(atPath: beside.path) ? beside : nil
    }()

    static let areThere = directory != nil

    /// The bytes of one file.
    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: try #require(directory).appending(path: path)))
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips visibly if the real boards are missing.
    static var realBoards: Self { .enabled("needs ../shared/leaderboards or BEST_LEADERBOARDS") { Leaderboards.areThere } }
}
