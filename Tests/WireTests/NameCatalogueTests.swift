import Testing

@testable import Wire

@Suite struct NameCatalogueTests {
    private let names = [
        "gpt-4o", "gpt-4o-mini", "meta-llama/Llama-3.3-70B-Instruct", "llama-3.1-8b-instant", "mistral-large-latest", "qwen/qwen3-32b",
        "deepseek-r1:free",
        "a", "über-modell", "gemini-2.5-flash", "x_y_z", "o3",
    ]

    private func found(_ text: String, steps: Int = 1000) -> [String] {
        var (places, steps) = ([Int](), steps)
        NameCatalogue(names).find(NameCatalogue.lowercased(text), steps: &steps) { place in
            places.append(place)
            return true
        }
        return places.map { names[$0] }
    }

    @Test(arguments: [
        "l", "a", "o", "4o", "gpt-4o", "LLAMA", "llama-3", "-", "70b-", "instruct", "mini", "ü", "ÜBER", "_", ":free", "zz", "gpt-5", "4o-mini-x",
        "o3",
    ])
    func `a search finds the same names as comparing them one by one`(text: String) {
        #expect(found(text) == names.filter { $0.lowercased().contains(text.lowercased()) })
    }

    @Test func `a search ends when the caller has enough, and when its steps are used up`() {
        var places: [Int] = []
        var steps = 1000
        NameCatalogue(names).find(Array("a".utf8), steps: &steps) { place in
            places.append(place)
            return places.count < 2
        }
        #expect(places.count == 2)
        #expect(found("a", steps: 1).count <= 1 && found("llama", steps: 1).count == 1 && found("llama", steps: 0).isEmpty)
    }

    @Test func `the names near a text are those of smallest distance, as comparing one by one finds them`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            var text = Array(names.randomElement(using: &generator)!.lowercased().utf8)
            for _ in 0..<Int.random(in: 0...3, using: &generator) where !text.isEmpty {
                let place = Int.random(in: 0..<text.count, using: &generator)
                if Bool.random(using: &generator) { text.remove(at: place) } else { text[place] = UInt8.random(in: 0x61...0x7A, using: &generator) }
            }
            let wanted = String(decoding: text, as: UTF8.self)
            let rated = names.map { ($0, NearestName.editDistance(text, Array($0.lowercased().utf8))) }
            let nearest = rated.filter { $0.1 <= max(3, text.count / 2) }.map(\.1).sorted().prefix(3)
            let found = NameCatalogue(names).nearest(to: wanted).map { place in rated[place].1 }
            #expect(found == Array(nearest), "\(wanted)")
        }
    }

    @Test func `a name that may not be revealed is not suggested`() {
        #expect(NameCatalogue(names).nearest(to: "gpt-4", where: { names[$0] != "gpt-4o" }).allSatisfy { names[$0] != "gpt-4o" })
    }

    @Test func `only some of very many names are compared`() {
        let many = (0..<5000).map { "model-\($0 % 10)\($0 / 10 % 10)\($0 / 100)-instruct" }
        let near = NameCatalogue(many).nearest(to: "model-123-instrukt")
        #expect(near.count == 3 && NearestName.editDistance(Array(many[near[0]].utf8), Array("model-123-instrukt".utf8)) <= 2)
    }
}

@Suite struct EditDistanceTests {
    /// The whole table, without any bound.
    private func whole(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var table = [[Int]](repeating: [Int](repeating: 0, count: second.count + 1), count: first.count + 1)
        for row in 0...first.count { table[row][0] = row }
        for column in 0...second.count { table[0][column] = column }
        for row in 1..<max(1, first.count + 1) {
            for column in 1..<max(1, second.count + 1) {
                let isSame = first[row - 1] == second[column - 1]
                var cost = min(table[row - 1][column] + 1, table[row][column - 1] + 1, table[row - 1][column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, first[row - 1] == second[column - 2], first[row - 2] == second[column - 1] {
                    cost = min(cost, table[row - 2][column - 2] + 1)
                }
                table[row][column] = cost
            }
        }
        return table[first.count][second.count]
    }

    @Test func `a distance within the bound is the distance, and one beyond it is none`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<3000 {
            let words = (0..<2).map { _ in
                (0..<Int.random(in: 0...9, using: &generator)).map { _ in UInt8.random(in: 0x61...0x63, using: &generator) }
            }
            let distance = whole(words[0], words[1])
            for most in 0...9 {
                var letters = 10_000
                #expect(
                    EditDistance(to: words[0]).distance(to: words[1][...], atMost: most, letters: &letters) == (distance <= most ? distance : nil),
                    "\(words) \(most)")
            }
        }
    }

    @Test func `words of any length up to the longest are compared, and no more letters than allowed`() {
        var generator = SystemRandomNumberGenerator()
        for length in [1, 2, 31, 63, 64, 65, 100, 127, 128] {
            let word = (0..<length).map { _ in UInt8.random(in: 0x61...0x64, using: &generator) }
            for other in [length - 1, length, length + 1, 128] where other >= 0 {
                var changed = Array(word.prefix(other))
                while changed.count < other { changed.append(UInt8.random(in: 0x61...0x64, using: &generator)) }
                if changed.count > 3 { changed.swapAt(0, 1); changed[changed.count - 1] ^= 1 }
                var letters = changed.count
                #expect(EditDistance(to: word).distance(to: changed[...], atMost: 200, letters: &letters) == whole(word, changed))
                #expect(letters == 0)
                letters = max(0, changed.count - 1)
                #expect(EditDistance(to: word).distance(to: changed[...], atMost: 200, letters: &letters) == (changed.isEmpty ? length : nil))
            }
        }
    }
}
