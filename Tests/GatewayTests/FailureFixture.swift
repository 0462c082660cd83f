import EventLoop
import Foundation
import Testing
import Wire

@testable import Gateway

/// A real error answer and what it means. The files name where each was seen.
struct FailureFixture: CustomTestStringConvertible {
    /// Noon of a Sunday, 2026-11-22T12:00:00Z: the clock by which the fixtures' points in time are read.
    static let now = 1_795_348_800_000

    let provider: String
    let name: String
    let source: String
    let status: Int
    let fields: [(name: String, value: String)]
    let body: [UInt8]
    let isLocal: Bool
    let isInAnswer: Bool
    let kind: String
    let scope: String
    let window: String
    let wait: Int?
    let from: String

    var testDescription: String { "\(provider): \(name)" }

    init(_ provider: String, _ object: [String: Any]) throws {
        self.provider = provider
        name = try #require(object["name"] as? String)
        source = try #require(object["source"] as? String)
        status = try #require(object["status"] as? Int)
        fields = (object["headers"] as? [String: String] ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let content = try #require(object["body"])
        if let text = content as? String {
            body = Array(text.utf8)
        } else {
            body = Array(try JSONSerialization.data(withJSONObject: content, options: [.sortedKeys]))
        }
        isLocal = object["local"] as? Bool ?? false
        isInAnswer = object["in_answer"] as? Bool ?? false
        let expected = try #require(object["expect"] as? [String: Any])
        kind = try #require(expected["class"] as? String)
        scope = try #require(expected["scope"] as? String)
        window = expected["window"] as? String ?? "unknown"
        wait = expected["wait_ms"] as? Int
        from = expected["from"] as? String ?? "none"
    }

    /// Every fixture of every file.
    static let all: [FailureFixture] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
        do {
            var all: [FailureFixture] = []
            for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).sorted(by: { $0.path < $1.path }) {
                let list = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [[String: Any]])
                all += try list.map { try FailureFixture(file.deletingPathExtension().lastPathComponent, $0) }
            }
            return all
        } catch {
            preconditionFailure("the fixtures can't be read: \(error)")
        }
    }()

    /// What the classifier makes of the first `count` bytes of the body; of all without a count.
    func verdict(prefix count: Int? = nil) -> FailureVerdict {
        var list = HTTPFields()
        for (name, value) in fields { withBytes(name) { name in withBytes(value) { value in list.append(name: name, value: value) } } }
        let limits = LimitFields(list, now: FailureFixture.now)
        let circumstances = FailureClassifier.Circumstances(isLocal: isLocal)
        return Array(body.prefix(count ?? body.count)).withBytes { bytes in
            isInAnswer
                ? FailureClassifier.classify(errorInAnswer: bytes, limits: limits, request: RawSpan(), circumstances, now: FailureFixture.now)
                : FailureClassifier.classify(status: status, limits: limits, body: bytes, request: RawSpan(), circumstances, now: FailureFixture.now)
        }
    }
}
