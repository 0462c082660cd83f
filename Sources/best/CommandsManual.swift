internal import ArgumentParser
internal import Configuration
internal import Foundation
internal import Gateway

/// best(1): every subcommand with its options, from the description that the parser of arguments gives of itself.
enum CommandsManual {
    /// A command, as that description has it.
    private struct Command: Decodable {
        let commandName: String
        let shouldDisplay: Bool?
        let abstract: String?
        let discussion: String?
        let superCommands: [String]?
        let subcommands: [Command]?
        let arguments: [Argument]?
    }

    /// An argument, option or flag of a command.
    private struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String

            var text: String { kind == "long" ? "--\(name)" : "-\(name)" }
        }

        let kind: String
        let shouldDisplay: Bool
        let isOptional: Bool
        let isRepeating: Bool
        let names: [Name]?
        let valueName: String?
        let defaultValue: String?
        let abstract: String?
        let discussion: String?

        /// `--port port`, `NAME`.
        var term: String {
            let shown = (names ?? []).map(\.text).joined(separator: ", ")
            return kind == "positional" ? (valueName ?? "argument") : shown
        }

        /// As it stands in a synopsis.
        var synopsis: String {
            let value = "<\(valueName ?? "value")>\(isRepeating ? " ..." : "")"
            let name = names?.first { $0.kind == "long" } ?? names?.first
            let whole =
                switch kind {
                case "positional": value
                case "flag": name?.text ?? ""
                default: "\(name?.text ?? "") \(value)"
                }
            return isOptional ? "[\(whole)]" : whole
        }
    }

    private struct Description: Decodable {
        let command: Command
    }

    /// The page.
    ///
    /// - Parameter day: The day it is of, `2026-11-30`.
    static func page(day: String) throws -> ManualPage {
        let root = try JSONDecoder().decode(Description.self, from: Data(Best._dumpHelp().utf8)).command
        var page = ManualPage(name: "best", section: 1, summary: "one OpenAI-compatible endpoint in front of many LLM providers", day: day)
        page.heading("SYNOPSIS")
        page.verbatim(["best [subcommand] [options]"])
        page.heading("DESCRIPTION")
        page.prose(root.discussion ?? "")
        page.prose("")
        page.heading("COMMANDS")
        for command in root.subcommands ?? [] where isShown(command) { append(command, to: &page) }
        page.heading("ENVIRONMENT")
        page.beginList()
        for (name, meaning) in variables { page.item(name, meaning) }
        page.endList()
        page.heading("FILES")
        page.beginList()
        for (name, meaning) in files { page.item(name, meaning) }
        page.endList()
        page.heading("EXIT STATUS")
        page.beginList()
        for (code, meaning) in codes { page.item(code, meaning) }
        page.endList()
        page.seeAlso([("systemctl", 1), ("best.yaml", 5), ("meta-providers.yaml", 5)])
        return page
    }

    private static func isShown(_ command: Command) -> Bool { command.shouldDisplay ?? true && command.commandName != "help" }

    private static func append(_ command: Command, to page: inout ManualPage) {
        let name = ((command.superCommands ?? []) + [command.commandName]).joined(separator: " ")
        let arguments = (command.arguments ?? []).filter { $0.shouldDisplay && !["--help", "--version"].contains($0.names?.last?.text) }
        let inner = (command.subcommands ?? []).filter(isShown)
        page.subheading(name)
        page.prose(command.abstract ?? "")
        let options = arguments.filter { $0.kind != "positional" && $0.isOptional }.isEmpty ? "" : " [options]"
        let needed = arguments.filter { $0.kind == "positional" || !$0.isOptional }.map { " \($0.synopsis)" }.joined()
        page.verbatim([inner.isEmpty ? "\(name)\(options)\(needed)" : "\(name) <subcommand>"])
        if let discussion = command.discussion { page.prose(discussion) }
        if !arguments.isEmpty, inner.isEmpty {
            page.beginList()
            for argument in arguments {
                let text = [argument.abstract, argument.discussion].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: "\n\n")
                let preset = argument.defaultValue.map { " Default: \($0)." } ?? ""
                page.item(argument.term, value: argument.kind == "option" ? argument.valueName : nil, text + preset)
            }
            page.endList()
        }
        for command in inner { append(command, to: &page) }
    }

    private static let variables = [
        ("LLMGW_ADMIN_API_KEY", "The key of the operator's endpoints; without it they are not there."),
        ("ALLOWED_BEARER_TOKENS", "Static keys that clients may send, separated by commas."),
        ("HOST, PORT", "The address to listen on."),
        ("STATE_DIRECTORY", "The data directory, as systemd sets it."),
        ("CREDENTIALS_DIRECTORY", "A directory of files that are named after the variables whose values they hold."),
        (
            "META_PROVIDERS_CONFIG_FILENAME, MODEL_ADJUSTMENTS_FILENAME, PROVIDERS_CONFIG_FILENAME",
            "Other files: a path, or a name in the configuration directory; and the kept list of models."
        ),
        ("https_proxy, http_proxy, all_proxy, no_proxy", "The proxies through which providers are reached."),
        ("NO_COLOR", "Where it is set, nothing is coloured."),
    ]

    private static let files = [
        ("config/best.yaml", "What the gateway itself does; see best.yaml(5)."),
        ("config/meta-providers.yaml", "The providers; see meta-providers.yaml(5)."),
        ("config/model-adjustments.yaml", "Priorities for some models, by patterns."),
        (".env", "Variables, in the working directory; none of them overrides one that is set."),
        ("data", "Keys, usage, models and limits, in the working directory unless --data or the configuration says otherwise."),
    ]

    private static let codes = [
        ("0", "Done; of a server: ended by a signal."),
        ("1", "What was asked for is not there, or is not well."),
        ("64", "A wrong command line."),
        ("69", "An address can't be had, or a gateway or a provider can't be reached."),
        ("78", "The configuration has a problem, or no provider can be used."),
    ]
}
