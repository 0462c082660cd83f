internal import Gateway

/// `admin`: where the operator's endpoints are.
enum AdminSection {
    static var section: ConfigurationOption<GatewayConfiguration> {
        .group(
            "admin", \.admin,
            """
            Where the operator's endpoints are served: /admin/ for keys, usage, rests and reload. They need the admin key, LLMGW_ADMIN_API_KEY, which never \
            stands in a file; without it there are none.
            """, options)
    }

    static var options: [ConfigurationOption<AdminOptions>] {
        [
            .value(
                "listen",
                """
                A listener of their own: 127.0.0.1:9001, '[::1]:9001', or unix:/run/best/admin.sock for a socket in the file system. /admin/ is then \
                there and no longer on the clients' address, and /metrics and /stats need no key there; these, /docs and the health endpoints are \
                on both. null: they are beside the clients' endpoints.
                """,
                accepts: "\(addresses), or null",
                spell: { $0.listen.map { TextValue.spell($0.description) } ?? "null" },
                read: { value, options in
                    if value.isNull {
                        options.listen = nil
                    } else if let text = TextValue.read(value, addresses, { AdminAddress(parsing: $0) != nil }) {
                        options.listen = AdminAddress(parsing: text)
                    }
                }
            ).afterRestart(),
            .value(
                "socket_mode",
                "The permissions of the socket's file; who may write to it can connect. 0660 lets the group in too.",
                accepts: modes,
                spell: { "0" + String($0.socketMode, radix: 8) },
                read: { value, options in
                    guard let text = value.spelling(modes) else { return }
                    guard text.hasPrefix("0"), (2...5).contains(text.count),
                        let mode = UInt16(text.dropFirst(text.hasPrefix("0o") ? 2 : 1), radix: 8),
                        mode <= 0o777, !text.contains("+")
                    else { return value.report("found \(value.node.sighting)", expected: "expected \(modes)") }
                    options.socketMode = mode
                }
            ).afterRestart(),
        ]
    }

    private static let addresses = "an IP address or localhost with a port, or unix: with a path of at most \(AdminAddress.longestPath) bytes"
    private static let modes = "an octal number of 0 to 0777, with its 0 in front"
}
