import Testing

@testable import Scoring

/// Numbers in boards, catalogues, lists, snapshots and names that can't have been measured.
@Suite struct ForeignNumberTests {
    private static let numbers = [
        "0", "-1", "2147483648", "9007199254740992", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616",
        "1e308", "-1e308", "1e400", "1e-300", "1e-400", "0.1",
    ]

    private func expectSane(_ quality: ModelQuality, _ text: String) {
        #expect(quality.mean.isFinite && quality.deviation.isFinite && quality.ability.isFinite && abs(quality.ability) < 1e18, "\(text)")
        #expect((1...1_000_000_000).contains(quality.contextLength ?? 1), "\(text)")
        #expect((0...1_000_000).contains(quality.price?.input ?? 0) && (0...1_000_000).contains(quality.price?.output ?? 0), "\(text)")
    }

    @Test(arguments: numbers) func `sizes and prices read from a provider's list are possible ones`(number: String) throws {
        let table = QualityTable.empty
        for value in [number, "\"\(number)\""] {
            let text = """
                {"data":[{"id":"a-70b","created":\(value),"context_length":\(value),"pricing":{"prompt":\(value),"completion":\(value)}},\
                {"id":"b","max_model_len":\(value),"pricing":{"input":\(value),"output":\(value)}}]}
                """
            for model in try ListedModelReader.read(Array(text.utf8)) { expectSane(table.quality(of: model), value) }
        }
    }

    @Test(arguments: numbers) func `boards and catalogues with any numbers give qualities that are finite numbers`(number: String) throws {
        let facts = """
            {"gpt-4o":{"mode":"chat","input_cost_per_token":\(number),"output_cost_per_token":\(number),"max_input_tokens":\(number)},\
            "gpt-4":{"mode":"chat","input_cost_per_token":1e-6,"output_cost_per_token":2e-6,"max_input_tokens":8192}}
            """
        let canonical = """
            {"openai/gpt-4o":{"release_date":"2024-05-13","limit":{"context":\(number)},"cost":{"input":\(number),"output":\(number)}}}
            """
        let scores = #"{"gpt-4o":{"pass@1":{"humaneval+":\#(number),"mbpp+":72.2}},"gpt-4":{"pass@1":{"humaneval+":87.2,"mbpp+":60}}}"#
        var boards: [Board] = []
        boards += (try? BoardParsers.passAtOne(Array(scores.utf8), "evalplus", "evalplus", columns: ["humaneval+", "mbpp+"])) ?? []
        let known = try ModelFact.liteLLM(Array(facts.utf8)) + ModelFact.modelsDev(Array(canonical.utf8))
        let table = QualityTable(fitting: boards, facts: known, listing: [ListedModel(id: "gpt-4o")])
        for id in ["gpt-4o", "gpt-4", "other-7b"] { expectSane(table.quality(ofID: id), "\(id) with \(number)") }
        // A stored fit can be read again.
        let kept = try QualitySnapshot.read(QualitySnapshot.write(table))
        for id in ["gpt-4o", "gpt-4", "other-7b"] { expectSane(kept.quality(ofID: id), "\(id) with \(number), kept") }
    }

    @Test(arguments: numbers) func `the numbers of any snapshot are clamped`(number: String) throws {
        let text = """
            {"format":2,"sources":[],"newest":\(number),"prior":{"deviation":1,"day":\(number),"price":1,"context":12,"size":3,"active":3},\
            "weights":{"base":1,"years":0.5},"relatives":{},"models":{"gpt-4o":{"ability":\(number),"sd":1,"prior":\(number),"rows":[\(number),\(number)],\
            "day":\(number),"context":\(number),"price":[\(number),\(number)],"tasks":{"code":\(number)}},"gpt-4o-2024-05-13":{"ability":1,"sd":1,\
            "rows":[1,1],"day":\(number)}}}
            """
        let table = try QualitySnapshot.read(Array(text.utf8))
        for id in ["gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-latest", "x"] { expectSane(table.quality(ofID: id), "\(id) with \(number)") }
        #expect((-3653...29_219).contains(table.newestDay ?? 0))
        _ = table.explain(ListedModel(id: "gpt-4o"), boards: [])
    }

    @Test(arguments: ["0", "0.0", "9223372036854775808", String(repeating: "9", count: 200), "0.0000000000000000000000000001"])
    func `a size in a name is a possible one, or ignored`(number: String) {
        for id in ["x-\(number)b", "x-\(number)x7b", "x-7x\(number)b", "x-a\(number)b", "x-\(number)t", "x-\(number)m"] {
            let size = ModelIdentity(parsing: id).parameters
            #expect((0.001...100_000).contains(size.total ?? 1) && (0.001...100_000).contains(size.active ?? 1), "\(id)")
            let quality = QualityTable.empty.quality(ofID: id)
            #expect(quality.ability.isFinite && quality.mean.isFinite, "\(id)")
            #expect((0...1e6).contains(OriginalFormula.parameters(in: id)), "\(id)")
        }
    }

    @Test(arguments: numbers) func `the original's boards with any numbers give finite scores`(number: String) throws {
        let columns = "Model,i@1,i@5,o@1,o@5\na,\(number),1,2,3\nb,-1e308,\(number),2,3\nc,1e308,4,\(number),5\n"
        let table = try CSVTable(Array(columns.utf8))
        for row in table.rows { for cell in row { #expect(abs(CSVTable.number(cell) ?? 0) <= 1e15) } }
        let yaml = try FlatYAML.numbers(Array("m:\n  Baseline:\n    Java: \(number)\n    Go: 3\n".utf8))
        #expect(yaml.allSatisfy { abs($0.value) <= 1e15 })
    }
}
