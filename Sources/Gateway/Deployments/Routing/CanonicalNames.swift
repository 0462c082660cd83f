internal import Wire

/// The canonical names of a table's deployments.
struct CanonicalNames: Sendable {
    private var table: NameTable
    private var starts: [Int32] = []
    private var places: [Int32] = []

    init(_ deployments: [DeploymentNames]) {
        table = NameTable(capacity: deployments.count)
        let numbers = deployments.map { deployment in deployment.canonical.map { Int32(clamping: table.insert($0)) } }
        starts = Array(repeating: 0, count: table.count + 1)
        for case let number? in numbers { starts[Int(number) + 1] += 1 }
        for number in 0..<table.count { starts[number + 1] += starts[number] }
        var next = starts
        places = Array(repeating: 0, count: Int(starts[table.count]))
        for (place, number) in numbers.enumerated() {
            guard let number else { continue }
            places[Int(next[Int(number)])] = Int32(clamping: place)
            next[Int(number)] += 1
        }
    }

    var count: Int { table.count }

    func number(of name: RawSpan) -> Int? { table.number(of: name) }

    func members(_ number: Int) -> [Int32] { Array(places[Int(starts[number])..<Int(starts[number + 1])]) }
}
