import Foundation
import Testing
import Wire

@testable import Gateway

/// A key that may use models of these names.
func grant(_ models: [String]) -> KeyGrant {
    var generator = SystemRandomNumberGenerator()
    var key = StoredKey(ClientKey(using: &generator), name: "ann", createdAt: UnixTime(seconds: 0))
    key.models = models
    return KeyGrant(key)
}

/// Lets a provider's models be what it lists, and not what the operator has written down; or the other way round.
private func deployment(_ provider: String, _ id: String, listed: Bool, aliases: [String] = []) throws -> Deployment {
    try deployment(provider, id, kind: .chat, aliases: aliases) { _ in
    } provider: {
        if !listed { $0.models = [ModelConfiguration(id: id)] }
    }
}

/// A fleet in which everybody calls his models as he likes, the questions of clients, and what the answer may be, found out in the simplest way.
private struct Bedlam {
    static let presets = ["priority-auto", "best", "fast", "cheap", "code", "thrift"]
    static let words = [
        "small", "gold", "SMALL", "Gold", "small-2", "llama", "llama-small", "gold-llama", "codellama", "vendor/small", "p1/gold", "p0/small", "best",
        "Best", "fast", "priority-auto", "Priority-Auto", "thrift", "mini", "mini:free", "x",
    ]

    let deployments: [Deployment]
    let router: Router
    private let canonical: [String: String]
    /// Every name that means some deployment, with those that it means.
    private(set) var meanings: [String: Set<ObjectIdentifier>] = [:]

    init(_ random: inout SplitMix) throws {
        var canonical: [String: String] = [:]
        for word in Bedlam.words where Int.random(in: 0..<3, using: &random) == 0 {
            canonical[word] = ["small", "gold", "best", "family-7b", "mini"].randomElement(using: &random)!
        }
        var deployments: [Deployment] = []
        for provider in 0..<Int.random(in: 1...4, using: &random) {
            let isListed = Bool.random(using: &random)
            for id in Set((0..<Int.random(in: 1...4, using: &random)).map { _ in Bedlam.words.randomElement(using: &random)! }).sorted() {
                let aliases = (0..<Int.random(in: 0...2, using: &random)).map { _ in Bedlam.words.randomElement(using: &random)! }
                deployments.append(try deployment("p\(provider)", id, listed: isListed, aliases: aliases.filter { $0 != id }))
            }
        }
        var options = ScoringOptions()
        options.profiles.own = ["thrift": ScoringProfile()]
        options.exploration.enabled = false
        let quality = FixedQuality(canonical.mapValues { ($0, 0) })
        quality.spellings = ["Family 7B": "family-7b", "the mini": "mini"]
        self.canonical = canonical
        self.deployments = deployments
        router = makeRouter(of: deployments, options, quality: quality)
        for name in Set(deployments.flatMap { [$0.model.id, "\($0.provider.name)/\($0.model.id)"] + $0.model.aliases }) {
            meanings[name] = meaning(of: name).map { Set($0.map(ObjectIdentifier.init)) }
        }
    }

    static func isPreset(_ name: String) -> Bool { presets.contains(name.lowercased()) }

    /// The deployments that an exact name means, by the table in `ModelNames`; `nil` when it is none.
    func meaning(of name: String) -> [Deployment]? {
        if Bedlam.isPreset(name) { return nil }
        func qualified(_ deployment: Deployment) -> String { "\(deployment.provider.name)/\(deployment.model.id)" }
        func isListed(_ deployment: Deployment) -> Bool { !deployment.provider.hasConfiguredModels }
        let own = { (deployment: Deployment) in !isListed(deployment) && (deployment.model.id == name || deployment.model.aliases.contains(name)) }
        if deployments.contains(where: { qualified($0) == name }) { return deployments.filter { qualified($0) == name || own($0) } }
        func isID(_ deployment: Deployment) -> Bool { deployment.model.id == name && !(isListed(deployment) && name.contains(",")) }
        if deployments.contains(where: isID) {
            if deployments.contains(where: own) { return deployments.filter { isID($0) || own($0) } }
            // An id that only lists have takes no name from others: not the operator's, nor `provider/id`, nor a canonical one, in whatever cases.
            let lower = name.lowercased()
            let twins = Set(
                deployments.flatMap { [qualified($0)] + (isListed($0) ? [] : [$0.model.id] + $0.model.aliases) }.filter { $0.lowercased() == lower })
            let others = twins.flatMap { meaning(of: $0) ?? [] }
            if !others.isEmpty { return deployments.filter { other in others.contains { $0 === other } } }
            return deployments.filter { isID($0) || canonical[$0.model.id] == lower || isListed($0) && $0.model.id.lowercased() == lower }
        }
        if deployments.contains(where: own) { return deployments.filter(own) }
        // An alias of a list: not where anybody else has the name, whatever the case of its letters.
        let lower = name.lowercased()
        let listed = deployments.filter { isListed($0) && $0.model.aliases.contains { $0.lowercased() == lower } }
        guard let first = listed.first, listed.contains(where: { $0.model.aliases.contains(name) }) else { return nil }
        let others = deployments.contains { other in
            other.model.id.lowercased() == lower && other.model.id != first.model.id || qualified(other).lowercased() == lower
                || !isListed(other) && other.model.aliases.contains { $0.lowercased() == lower }
        }
        if others { return nil }
        let meant = listed.filter { $0.model.id == first.model.id && $0.model.aliases.contains(name) }
        return meant.isEmpty ? nil : meant
    }

    /// Whether a key with these patterns may use a deployment.
    func allows(_ patterns: [String], _ deployment: Deployment) -> Bool {
        patterns.contains { pattern in
            if meanings.contains(where: { Bedlam.fits($0.key, pattern) && $0.value.contains(ObjectIdentifier(deployment)) }) { return true }
            guard !pattern.contains("*"), !Bedlam.isPreset(pattern), !meanings.keys.contains(where: { $0.lowercased() == pattern.lowercased() })
            else {
                return false
            }
            return canonical[deployment.model.id] == pattern.lowercased()
        }
    }

    /// Whether a name fits a pattern: by trying every text for each star.
    static func fits(_ name: String, _ pattern: String) -> Bool {
        func fits(_ name: Substring, _ pattern: Substring) -> Bool {
            guard let first = pattern.first else { return name.isEmpty }
            if first == "*" { return name.indices.contains { fits(name[$0...], pattern.dropFirst()) } || fits("", pattern.dropFirst()) }
            return name.first == first && fits(name.dropFirst(), pattern.dropFirst())
        }
        return fits(name.lowercased()[...], pattern.lowercased()[...])
    }

    /// Whether a pattern lets a preset choose among all models: as its name, or as the one that allows everything.
    static func frees(_ preset: String, _ pattern: String) -> Bool { pattern.lowercased() == preset || pattern == "*" }

    static func anyPatterns(_ random: inout SplitMix) -> [String] {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in
            let word = words.randomElement(using: &random)!
            return switch Int.random(in: 0..<8, using: &random) {
            case 0: "\(word.prefix(4))*"
            case 1: "*\(word.suffix(4))"
            case 2: "*\(word.prefix(3))*"
            case 3: "p\(Int.random(in: 0..<4, using: &random))/*"
            case 4: ["family-7b", "mini", "none", "small*", "llama*", "be*", "p0/small", "*a*", "*"].randomElement(using: &random)!
            default: word
            }
        }
    }

    /// What a client may ask for: the value of `model`, further names, and members of the body.
    static func anyRequest(_ random: inout SplitMix) -> (name: String, further: [String], members: String) {
        func anyName(_ random: inout SplitMix) -> String {
            switch Int.random(in: 0..<8, using: &random) {
            case 0: presets.randomElement(using: &random)!
            case 1: String(words.randomElement(using: &random)!.dropFirst(Int.random(in: 0...2, using: &random)).prefix(3))
            case 2: "p\(Int.random(in: 0..<4, using: &random))/\(words.randomElement(using: &random)!)"
            case 3: ["family-7b", "Family 7B", "the mini", "none-such"].randomElement(using: &random)!
            default: words.randomElement(using: &random)!
            }
        }
        let list = (0..<[1, 1, 1, 2, 3].randomElement(using: &random)!).map { _ in anyName(&random) }.filter { !$0.isEmpty }
        let further = (0..<[0, 0, 1, 2].randomElement(using: &random)!).map { _ in anyName(&random) }
        let members =
            [
                "", "", #""provider":{"only":["p1"]}"#, #""provider":{"order":["p1","p0"]}"#, #""provider":{"order":["p2"],"allow_fallbacks":false}"#,
                #""provider":{"sort":"price","ignore":["p0"]}"#, #""provider":{"sort":"throughput"}"#, #""provider":{"require_parameters":true}"#,
            ].randomElement(using: &random)!
        return (list.isEmpty ? "small" : list.joined(separator: [",", ", "].randomElement(using: &random)!), further, members)
    }
}

@Suite struct PermissionTests {
    @Test func `whatever names a request gives, no candidate is outside of what its key allows`() throws {
        var random = SplitMix(seed: 2)
        var (answered, refused, freed) = (0, 0, 0)
        for _ in 0..<400 {
            let bedlam = try Bedlam(&random)
            for _ in 0..<4 {
                let patterns = Bedlam.anyPatterns(&random)
                let allowed = bedlam.deployments.filter { bedlam.allows(patterns, $0) }
                let key = grant(patterns)
                for _ in 0..<6 {
                    let (name, further, members) = Bedlam.anyRequest(&random)
                    var asked = question(name, further: further, members: members)
                    asked.grant = key
                    asked.conversation = Conversation(number: UInt64.random(in: 0..<3, using: &random))
                    let presets = (name.split(separator: ",") + further.map { $0[...] }).map { $0.trimmingCharacters(in: .whitespaces) }
                        .filter { Bedlam.presets.contains($0) }
                    let isFree = presets.contains { preset in patterns.contains { Bedlam.frees(preset, $0) } }
                    let explained = withBytes(name) { bedlam.router.explain($0, asked, at: noon) }
                    guard let decision = explained.decision else {
                        refused += 1
                        #expect(!explained.notes.refused.contains { other in !isFree && !allowed.contains { $0 === other.deployment } })
                        continue
                    }
                    answered += 1
                    if isFree { freed += 1 }
                    for shown in decision.candidates + explained.notes.refused.map(\.deployment) {
                        #expect(
                            isFree || allowed.contains { $0 === shown },
                            "\(name) \(further) \(members) with \(patterns) leads to \(shown.provider.name)/\(shown.model.id)")
                    }
                    // A conversation that was elsewhere does not lead there again with another key.
                    bedlam.router.answered(asked.conversation, by: bedlam.deployments.randomElement(using: &random)!, at: noon)
                    let executed = try withBytes(name) { try bedlam.router.decide($0, asked, at: noon) }
                    #expect(isFree || executed.candidates.allSatisfy { candidate in allowed.contains { $0 === candidate } })
                }
            }
        }
        #expect(answered > 2000 && refused > 2000 && freed > 100, "\(answered) \(refused) \(freed)")
    }

    @Test func `a pattern that happens to fit a preset's name lets the preset choose among what it allows, and no further`() throws {
        let fleet = try ["gold", "codellama", "fast-small", "auto-7b", "best-of"].map { try deployment("p", $0, listed: true) }
        let cases: [(pattern: String, preset: String, allowed: [String])] = [
            ("*code*", "code", ["codellama"]), ("code*", "code", ["codellama"]), ("*fast*", "fast", ["fast-small"]),
            ("*auto*", "priority-auto", ["auto-7b"]), ("*", "code", fleet.map(\.model.id)), ("**", "best", fleet.map(\.model.id)),
            ("be*", "best", ["best-of"]), ("b*t", "best", []), ("*best", "best", []), ("CODE", "code", fleet.map(\.model.id)),
            ("p/*", "best", fleet.map(\.model.id)), ("priority-*", "priority-auto", []),
        ]
        for (pattern, preset, allowed) in cases {
            let router = makeRouter(of: fleet)
            var asked = question(preset)
            asked.grant = grant([pattern])
            let explained = withBytes(preset) { router.explain($0, asked, at: noon) }
            #expect(Set(explained.decision?.candidates.map(\.model.id) ?? []) == Set(allowed), "\(preset) with \(pattern)")
            // What it may not use is not told either.
            #expect(explained.notes.refused.isEmpty)
            let listing = ModelListing(router.table, createdAt: 0)
            let shown = try ids(listing.list(router.table.allowance(of: asked.grant)))
            #expect(shown.contains(preset) == !allowed.isEmpty, "\(preset) with \(pattern)")
        }
    }

    @Test func `an exact name means what it means, and the gateway's own names mean its choice among all models`() throws {
        var random = SplitMix(seed: 12)
        for _ in 0..<600 {
            let bedlam = try Bedlam(&random)
            for preset in Bedlam.presets {
                #expect(try decision(bedlam.router, preset).candidates.count == bedlam.deployments.count, "\(preset) is nobody's")
                let listed = try decision(bedlam.router, "none-such,\(preset)").candidates
                #expect(listed.count == bedlam.deployments.count)
            }
            for word in Bedlam.words + bedlam.deployments.map({ "\($0.provider.name)/\($0.model.id)" }) {
                guard let meant = bedlam.meaning(of: word) else { continue }
                let found = try decision(bedlam.router, word)
                #expect(found.match == .exact && Set(found.candidates.map(ObjectIdentifier.init)) == Set(meant.map(ObjectIdentifier.init)), "\(word)")
            }
        }
    }

    @Test func `the list of models shows a key what it may ask for, and nothing else`() throws {
        var random = SplitMix(seed: 24)
        for _ in 0..<300 {
            let bedlam = try Bedlam(&random)
            let listing = ModelListing(bedlam.router.table, createdAt: 0)
            #expect(try ids(listing.list(nil)) == ids(listing.withAll { $0.bytes.array }))
            let patterns = Bedlam.anyPatterns(&random)
            let key = grant(patterns)
            let allowance = bedlam.router.table.allowance(of: key)
            let shown = try ids(listing.list(allowance))
            let everything = try ids(listing.list(nil))
            #expect(Set(shown).isSubset(of: everything) && Set(shown).count == shown.count)
            for name in everything {
                var asked = question(name)
                asked.grant = key
                let mayAsk = withBytes(name) { (try? bedlam.router.decide($0, asked, at: noon)) != nil }
                // An alias may lead to a model that is shown under its id.
                #expect(!shown.contains(name) || mayAsk, "\(name) with \(patterns): \(shown)")
                #expect((listing.entry(name, allowance) == nil) == !mayAsk)
            }
            #expect(everything.starts(with: Bedlam.presets))
            // Every model that may be asked for is there under some name that means it, and no other.
            let shownNames = shown.filter { !Bedlam.presets.contains($0) }
            for deployment in bedlam.deployments {
                let isShown = shownNames.contains { bedlam.meanings[$0]?.contains(ObjectIdentifier(deployment)) == true }
                #expect(isShown || !bedlam.allows(patterns, deployment))
            }
            #expect(
                shownNames.allSatisfy { name in
                    bedlam.deployments.contains { bedlam.allows(patterns, $0) && bedlam.meanings[name]?.contains(ObjectIdentifier($0)) == true }
                })
            #expect(everything.filter { bedlam.meanings[$0] != nil }.count == everything.count - Bedlam.presets.count)
        }
    }

    private func ids(_ body: borrowing ByteBuffer) throws -> [String] { try ids(body.bytes.array) }

    private func ids(_ bytes: [UInt8]) throws -> [String] {
        let object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        return try #require(object["data"] as? [[String: Any]]).compactMap { $0["id"] as? String }
    }

    @Test func `nothing near a name that is not there is told to a key that may not use it`() throws {
        let router = makeRouter(of: try ["gold-1", "gold-2", "small-1"].map { try deployment("p", $0, listed: true) })
        var asked = question("gold-3")
        asked.grant = grant(["small*"])
        let error = #expect(throws: GatewayError.self) { try withBytes("gold-3") { try router.decide($0, asked, at: noon) } }
        #expect(error?.status == 404 && error?.message.contains("gold-1") == false && error?.message.contains("gold-2") == false)
        #expect(withBytes("small-3") { name in (try? router.table.resolve(name, further: [], endpoint: .chatCompletions, nil)) == nil })
        #expect(router.table.unknown("gold-3", nil).message.contains("gold-1"))
        #expect(router.table.unknown("small-3", router.table.allowance(of: asked.grant)).message.contains("small-1"))
    }

    @Test func `a key's allowance is the same however small the steps it is found in`() throws {
        var random = SplitMix(seed: 7)
        for _ in 0..<200 {
            let bedlam = try Bedlam(&random)
            let table = bedlam.router.table
            let key = grant(Bedlam.anyPatterns(&random))
            var search = AllowanceSearch(key, table)
            var found: Allowance?
            while found == nil { found = search.advance(steps: Int.random(in: 1...3, using: &random)) }
            let whole = table.allowance(of: key)
            for place in table.deployments.indices { #expect(found?.allows(place) == whole?.allows(place)) }
            for preset in table.presets.indices { #expect(found?.shows(preset: preset) == whole?.shows(preset: preset)) }
        }
    }

    @Test func `what keys may ask for is remembered for some of them, and forgotten with the table`() throws {
        let router = makeRouter(of: [try deployment("p", "small", listed: true)])
        let keys = (0..<1100).map { _ in grant(["small"]) }
        for key in keys { #expect(router.table.allowance(of: key)?.allows(0) == true) }
        #expect(router.table.knownAllowance(of: keys[1099]) != nil && router.table.knownAllowance(of: keys[0]) == nil)
        #expect(router.table.allowance(of: keys[0])?.allows(0) == true)
        router.adopt([try deployment("p", "gold", listed: true)], at: noon)
        #expect(router.table.knownAllowance(of: keys[1099]) == nil && router.table.allowance(of: keys[1099])?.allows(0) == false)
        #expect(router.table.allowance(of: grant([])) == nil && router.table.allowance(of: nil) == nil)
    }
}

@Suite struct ClaimedNameTests {
    private func found(_ deployments: [Deployment], _ name: String) -> [String] {
        ((try? decision(makeRouter(of: deployments), name))?.candidates ?? []).map { "\($0.provider.name)/\($0.model.id)" }
    }

    @Test func `a listed id or alias takes no name of the gateway's`() throws {
        let fleet = [
            try deployment("evil", "priority-auto", listed: true, aliases: ["best", "fast"]), try deployment("evil", "Cheap", listed: true),
            try deployment("good", "m", listed: true),
        ]
        for name in ["priority-auto", "best", "fast", "cheap", "code"] { #expect(found(fleet, name).count == 3, "\(name)") }
        #expect(found(fleet, "evil/priority-auto") == ["evil/priority-auto"] && found(fleet, "evil/Cheap") == ["evil/Cheap"])
    }

    @Test func `neither does an id or alias of the operator's`() throws {
        let fleet = [try deployment("mine", "best", listed: false, aliases: ["code"]), try deployment("good", "m", listed: true)]
        #expect(found(fleet, "best").count == 2 && found(fleet, "code").count == 2 && found(fleet, "mine/best") == ["mine/best"])
    }

    @Test func `a listed alias joins no id, no qualified name and no alias of the operator's`() throws {
        let good = [
            try deployment("good", "small", listed: true), try deployment("mine", "large", listed: false, aliases: ["tall"]),
            try deployment("good", "mini", listed: true, aliases: ["tiny"]),
        ]
        let evil = try ["small", "SMALL", "good/small", "tall", "tiny", "Tiny"].map { try deployment("evil", "gold", listed: true, aliases: [$0]) }
        for evil in evil {
            let fleet = good + [evil]
            #expect(found(fleet, "small") == ["good/small"] && found(fleet, "good/small") == ["good/small"])
            #expect(found(fleet, "tall") == ["mine/large"] && found(fleet, "tiny") == ["good/mini"])
            let router = makeRouter(of: fleet)
            for name in ["small", "tall", "tiny", "good/small"] {
                #expect(router.table.allowance(of: grant([name]))?.allows(3) == false, "\(name)")
            }
        }
    }

    @Test func `a listed id that is a canonical name means all who serve that model, and the operator's word its own`() throws {
        let quality = FixedQuality(["vendor/small": ("small", 0), "small": ("small", 0)])
        func found(_ fleet: [Deployment], _ name: String) -> [String] {
            ((try? decision(makeRouter(of: fleet, quality: quality), name))?.candidates ?? []).map { $0.provider.name }
        }
        let good = try deployment("good", "vendor/small", listed: true)
        for id in ["small", "SMALL"] {
            let fleet = [good, try deployment("evil", id, listed: true)]
            #expect(found(fleet, id).sorted() == ["evil", "good"], "\(id)")
            let router = makeRouter(of: fleet, quality: quality)
            #expect(router.table.allowance(of: grant(["small"]))?.allows(0) == true, "a key for the model keeps it")
        }
        #expect(found([good, try deployment("mine", "small", listed: false)], "small") == ["mine"])
    }

    @Test func `neither another mix of cases nor a list of names becomes somebody's by his listing it`() throws {
        let fleet =
            [try deployment("a", "q", listed: false), try deployment("a", "gpt-4o", listed: true)]
            + (try ["Q", "GPT-4O", "A/q", "a/GPT-4O", "q,gpt-4o", "best,fast"].map { try deployment("h", $0, listed: true) })
        #expect(found(fleet, "Q") == ["a/q"] && found(fleet, "A/q") == ["a/q"] && found(fleet, "a/GPT-4O") == ["a/gpt-4o"])
        #expect(found(fleet, "GPT-4O") == ["a/gpt-4o", "h/GPT-4O"])
        #expect(found(fleet, "q,gpt-4o") == ["a/q", "a/gpt-4o", "h/GPT-4O"] && found(fleet, "best,fast").count == fleet.count)
        #expect(found(fleet, "h/Q") == ["h/Q"] && found(fleet, "h/q,gpt-4o") == ["h/q,gpt-4o"])
        #expect(makeRouter(of: fleet).table.allowance(of: grant(["a/gpt-4o"]))?.allows(5) == false)
        #expect(found([try deployment("h", "x,y", listed: true)], "x,y") == ["h/x,y"], "nobody has a part of it")
    }

    @Test func `nor does a listed id join another provider's qualified name`() throws {
        let fleet = [try deployment("good", "small", listed: true), try deployment("evil", "good/small", listed: true)]
        #expect(found(fleet, "good/small") == ["good/small"] && found(fleet, "evil/good/small") == ["evil/good/small"])
    }

    @Test func `the same alias of the same model at two providers means both`() throws {
        let fleet = try ["a", "b"].map { try deployment($0, "large-2411", listed: true, aliases: ["large-latest"]) }
        #expect(found(fleet, "large-latest") == ["a/large-2411", "b/large-2411"])
    }

    @Test func `an alias that is another case of its own model's id is one`() throws {
        #expect(found([try deployment("a", "Large-7B", listed: true, aliases: ["large-7b"])], "large-7b") == ["a/Large-7B"])
    }

    @Test func `a score that a deployment of before a reload no longer has is no trap`() throws {
        var options = ScoringOptions()
        let old = try deployment("a", "m", listed: true)
        let router = makeRouter(of: [old], options)
        router.answered(Conversation(number: 5), by: old, at: noon)
        options.profiles.own = ["thrift": ScoringProfile()]
        router.configure(options)
        router.adopt([try deployment("b", "m", listed: true), try deployment("c", "m", listed: true)], at: noon)
        #expect(try decision(router, "thrift", conversation: 5).candidates.count == 2)
    }
}
