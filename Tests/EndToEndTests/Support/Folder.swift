import Foundation

/// A folder of its own for one test, which goes with it.
final class Folder {
    let path: String

    init() throws {
        var template = Array((NSTemporaryDirectory() + "/best-test-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw HarnessError.system("mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: false)
    }

    /// Writes a file, and makes the folder it lies in.
    func write(_ text: String, to name: String) throws {
        let parent = URL(fileURLWithPath: path + "/" + name).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        try text.write(toFile: path + "/" + name, atomically: false, encoding: .utf8)
    }
}
