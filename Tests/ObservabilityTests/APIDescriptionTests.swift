import Foundation
import Testing
import Wire

@testable import Observability

/// The description of the API as a document: whole, without a name that leads nowhere.
@Suite struct APIDescriptionTests {
    private func text(_ tree: JSONTree) -> String {
        var buffer = ByteBuffer()
        tree.write(into: &buffer)
        return buffer.bytes.text
    }

    @Test func `a document made of values is well formed, whatever its texts are`() throws {
        let tree: JSONTree = ["a \"quote\"\n": ["x", 1, true, [:], []], "b": .string("\u{0}\u{1F}\\é")]
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text(tree).utf8)) as? [String: Any])
        #expect((object["a \"quote\"\n"] as? [Any])?.count == 5 && object["b"] as? String == "\u{0}\u{1F}\\é")
        #expect(text(tree.adding([("c", 2)])).hasSuffix(#","c":2}"#), "members keep their order")
    }

    /// Every value of a member, wherever it stands.
    private func values(of member: String, in tree: JSONTree) -> [String] {
        switch tree {
        case .string, .integer, .bool: []
        case .array(let elements): elements.flatMap { values(of: member, in: $0) }
        case .object(let members):
            members.flatMap { name, value -> [String] in
                if name == member, case .string(let text) = value { return [text] }
                return values(of: member, in: value)
            }
        }
    }

    @Test func `every reference leads to something, and every shape is used`() {
        let document = APIDescription.document
        let references = Set(values(of: "$ref", in: document))
        let schemas = Set(APISchemas.all.map { "#/components/schemas/\($0.0)" })
        let responses = Set(APIDescription.errors.map { "#/components/responses/Error\($0.status)" })
        #expect(references.subtracting(schemas).subtracting(responses) == ["#/components/headers/RequestID"])
        #expect(schemas.isSubset(of: references), "\(schemas.subtracting(references))")
        #expect(responses.isSubset(of: references), "\(responses.subtracting(references))")
    }

    @Test func `every operation has a name of its own, a group and a summary`() {
        let names = values(of: "operationId", in: APIDescription.document)
        #expect(names.count == APIOperations.all.flatMap(\.paths).count && Set(names).count == names.count)
        #expect(names.contains("post_v1_chat_completions") && names.contains("get_metrics"))
        let groups = APIDescription.tags.map(\.name)
        for operation in APIOperations.all {
            #expect(groups.contains(operation.tag) && !operation.summary.isEmpty && !operation.summary.hasSuffix("."), "\(operation.path)")
        }
    }

    @Test func `every status that an operation names is explained`() {
        let explained = Set(APIDescription.errors.map(\.status))
        #expect(explained.count == APIDescription.errors.count)
        for operation in APIOperations.all {
            #expect(explained.isSuperset(of: operation.errors), "\(operation.path)")
            let told = APIDescription.errors(of: operation).map(\.status)
            #expect(told == told.sorted() && Set(told).isSuperset(of: [400, 405, 500, 503]), "\(operation.path)")
        }
    }
}
