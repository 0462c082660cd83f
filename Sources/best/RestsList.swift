internal import ArgumentParser
internal import Gateway
internal import Wire

/// `best rests list`.
struct RestsList: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show what is left alone now, for whom, why, on what evidence and until when.",
        discussion: "LEFT with a `~` is a guess that grows with each failure; without one it is the provider's own word.")

    @OptionGroup var gateway: AdminArguments
    @Flag(help: "Print JSON: {\"total\": n, \"data\": [...]}.") var json = false

    func work(with session: AdminSession) async throws {
        let body = try await session.send(.get, "/admin/rests")
        guard let list = RestList(body), let total = list.total else { throw session.unreadable() }
        if json { return Terminal.out(String(decoding: body, as: UTF8.self)) }
        guard total > 0 else { return Terminal.say("nothing rests") }
        for line in list.table.lines { Terminal.out(line) }
        if total > list.data.count { Terminal.say("and \(total - list.data.count) more") }
    }
}
