internal import Cryptography
internal import Wire

/// Which provider and key made which answer of `/v1/responses`, and for whom: a request that goes on from one by `previous_response_id`, or in a
/// `conversation`, can be served only there, and is served only for the client that has it.
struct ResponseHomes: Sendable {
    /// Where an answer is kept, and whose it is.
    struct Home: Equatable, Sendable {
        /// The provider's name.
        let provider: String
        /// The account there, which stays the same over reloads and restarts: what one account keeps, another does not see.
        let account: ProviderAccount
        /// The client that asked. Nobody else goes on from its answer.
        let client: ClientTag
    }

    /// What is gone on from.
    enum Kind: Character, Sendable {
        case response = "r"
        case conversation = "c"
    }

    /// Most answers that are remembered. 10,000: some MB at most, and an hour of three conversations a second.
    static let most = 10_000
    /// Longest id that is remembered, in bytes; OpenAI's have 55.
    private static let longestID = 256

    /// What is remembered, by its kind and id: whose it is is no secret of the id's, so that each client has a home of its own for it.
    private var homes: [String: [Home]] = [:]
    private var shelves: [ClientTag: Shelf] = [:]
    private var shares = ClientShares()
    /// How many answers are remembered.
    private(set) var count = 0

    /// What is remembered of one client, the oldest at `oldest`.
    private struct Shelf {
        private var ids: [String] = []
        private var oldest = 0

        var count: Int { ids.count - oldest }
        var all: ArraySlice<String> { ids[oldest...] }

        mutating func append(_ id: String) { ids.append(id) }

        mutating func popOldest() -> String {
            defer { oldest += 1 }
            if oldest > 64, oldest * 2 > ids.count {
                ids.removeFirst(oldest)
                oldest = 0
            }
            return ids[oldest]
        }
    }

    /// Remembers where an answer was made. Where there is no more room the oldest is forgotten of the client that has most, so that nobody with many
    /// answers makes others' be forgotten.
    ///
    /// - Returns: Whether that is news.
    @discardableResult
    mutating func note(_ id: String, _ kind: Kind = .response, at home: Home) -> Bool {
        guard !id.isEmpty, id.utf8.count <= ResponseHomes.longestID, id.utf8.allSatisfy({ $0 >= 0x20 }) else { return false }
        let place = ResponseHomes.place(of: id, kind)
        if let index = homes[place]?.firstIndex(where: { $0.client == home.client }), let known = homes[place]?[index] {
            // The first to give a client an id keeps it: no other provider takes over what goes on from it. It may do so by another key than it did.
            guard known.provider == home.provider, known.account != home.account else { return false }
            homes[place]?[index] = home
            return true
        }
        homes[place, default: []].append(home)
        count += 1
        shelves[home.client, default: Shelf()].append(place)
        shares.add(home.client)
        guard count > ResponseHomes.most, let client = shares.largest(preferring: home.client), let forgotten = shelves[client]?.popOldest()
        else { return true }
        shares.remove(client)
        count -= 1
        homes[forgotten]?.removeAll { $0.client == client }
        if homes[forgotten]?.isEmpty == true { homes[forgotten] = nil }
        if shelves[client]?.count == 0 { shelves[client] = nil }
        return true
    }

    /// Where a client's answer was made; `nil` where it has none of that id.
    func home(of id: String, _ kind: Kind = .response, for client: ClientTag) -> Home? {
        homes[ResponseHomes.place(of: id, kind)]?.first { $0.client == client }
    }

    /// The accounts at which anybody has it.
    func accounts(of id: String, _ kind: Kind) -> [ProviderAccount] { homes[ResponseHomes.place(of: id, kind)]?.map(\.account) ?? [] }

    /// Whether anybody has it.
    func isKnown(_ id: String, _ kind: Kind = .response) -> Bool { homes[ResponseHomes.place(of: id, kind)] != nil }

    private static func place(of id: String, _ kind: Kind) -> String { "\(kind.rawValue)\(id)" }

    // MARK: Over a restart

    /// The first line of what is kept; another form is not read.
    private static let heading = "responses 1"

    /// All of it as text, a line for each answer: the client, the account, the provider and the kind with the id, with tabs between them; each client's in
    /// their order.
    func text() -> [UInt8] {
        var text = Array("\(ResponseHomes.heading)\n".utf8)
        for (client, shelf) in shelves {
            for place in shelf.all {
                guard let home = homes[place]?.first(where: { $0.client == client }) else { continue }
                let line = "\(client.kept)\t\(String(home.account.value, radix: 16))\t\(home.provider)\t\(place)\n"
                text.append(contentsOf: line.utf8)
            }
        }
        return text
    }

    /// Takes in what was kept, as far as it can be read.
    ///
    /// - Returns: Whether it is of a form that is known.
    mutating func restore(_ text: [UInt8]) -> Bool {
        var lines = text.split(separator: 0x0A)[...]
        guard let heading = lines.popFirst(), heading.elementsEqual(ResponseHomes.heading.utf8) else { return false }
        for line in lines.prefix(ResponseHomes.most) {
            let parts = line.split(separator: 0x09, maxSplits: 3).map { String(decoding: $0, as: UTF8.self) }
            guard parts.count == 4, let client = ClientTag(kept: parts[0]), let account = UInt64(parts[1], radix: 16),
                let kind = parts[3].first.flatMap({ Kind(rawValue: $0) })
            else { continue }
            note(String(parts[3].dropFirst()), kind, at: Home(provider: parts[2], account: ProviderAccount(value: account), client: client))
        }
        return true
    }
}

extension Deployment {
    /// Whose requests its provider takes its requests for.
    var account: ProviderAccount { provider.accounts[min(keyIndex, provider.accounts.count - 1)] }
}
