internal import Gateway

/// The manual of `best.yaml`: a file with every option, its meaning, what it accepts, and its default as the value.
///
/// It is made of the same list that the reader works from. The committed `config/best.yaml` is this text.
public enum ConfigurationManual {
    /// The whole file; it ends in a line end. Reading it changes nothing.
    public static var text: String { text(of: GatewayConfiguration()) }

    /// The file with the values of `configuration` where the defaults would be.
    static func text(of configuration: GatewayConfiguration) -> String {
        var lines = comment(introduction(isFile: true), indentation: 0)
        for section in BestFile.sections {
            lines.append("")
            lines += render(section, configuration, indentation: 0)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// As wide as the comments of the other committed files.
    private static let width = 130

    /// What is to be known before the options.
    ///
    /// - Parameter isFile: Whether it stands in the file that it is about.
    static func introduction(isFile: Bool) -> String {
        let first =
            isFile
            ? """
            How BEST itself behaves. The providers are in meta-providers.yaml.

            Every option is here with its default as its value, so that this file as it stands changes nothing; what you do not want to \
            change may be deleted.
            """
            : """
            How BEST itself behaves. The providers are in meta-providers.yaml.

            Every option is here with its default; what is not in the file has that.
            """
        return """
            \(first) Flags win over environment variables, and those over this file. `best check` says all that is wrong \
            with it. A reload (SIGHUP) takes up changes without a restart, and says which of them need one.

            Times are a number of seconds or text like 500ms, 5s, 1m30s, 24h, 7d, 2w. Sizes are a number of bytes or text like 64KiB, 32MiB, 1GiB. \
            null means: not set.
            """
    }

    /// What may stand there, and whether a change needs a restart.
    static func accepted<Options>(by option: ConfigurationOption<Options>, _ value: ConfigurationOption<Options>.Value) -> String {
        let restart = option.needsRestart ? "A change needs a restart. " : ""
        return "\(restart)\(capitalized(value.accepts))."
    }

    private static func render<Options>(_ option: ConfigurationOption<Options>, _ options: Options, indentation: Int) -> [String] {
        let margin = String(repeating: " ", count: indentation)
        switch option.form {
        case .value(let value):
            let spelling = value.spell(options)
            let facts = "\(accepted(by: option, value)) Default: \(spelling)"
            return comment("\(option.documentation)\n\(facts)", indentation: indentation) + ["\(margin)\(option.name): \(spelling)"]
        case .group(let group):
            let inner = group.options.map { render($0, options, indentation: indentation + 2) }
            let body = Array(inner.joined(separator: [""]))
            return comment(option.documentation, indentation: indentation) + ["\(margin)\(option.name):"] + body
        }
    }

    /// `text` as comment lines, broken at spaces; its own line ends stay.
    static func comment(_ text: String, indentation: Int) -> [String] {
        let margin = String(repeating: " ", count: indentation)
        var lines: [String] = []
        for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var line = "\(margin)#"
            var isBlank = true
            for word in paragraph.split(separator: " ") {
                if !isBlank, line.count + 1 + word.count > width {
                    lines.append(line)
                    line = "\(margin)#"
                }
                line += " \(word)"
                isBlank = false
            }
            lines.append(line)
        }
        return lines
    }

    private static func capitalized(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst()
    }
}
