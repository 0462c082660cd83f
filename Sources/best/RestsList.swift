internal import ArgumentParser
internal import Gateway
internal import Wire

/// `best rests list`.
struct RestsList: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show what is left alone now, for whom, why, on what evidence and until when.",
        discussion: """
            LEFT with a `~` is a guess that grows with each failure; without one it is the provider's own word. Below stand the limits that requests \
            are held to: the configuration's, those that providers state, and those that were learnt from what they let in and what they refused.
            """)

    @OptionGroup var gateway: AdminArguments
    @Flag(help: "Print JSON: {\"total\": n, \"data\": [...], \"limits\": [...]}.") var json = false

    func work(with session: AdminSession) async throws {
        let body = try await session.send(.get, "/admin/rests")
        guard let list = RestList(body), let total = list.total else { throw session.unreadable() }
        if json { return Terminal.out(String(decoding: body, as: UTF8.self)) }
        if total == 0 { Terminal.say("nothing rests") } else { for line in list.table.lines { Terminal.out(line) } }
        if total > list.data.count { Terminal.say("and \(total - list.data.count) more") }
        guard list.limits?.isEmpty == false else { return }
        if total > 0 { Terminal.out("") }
        for line in list.limitTable.lines { Terminal.out(line) }
    }
}
