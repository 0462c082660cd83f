internal import Gateway

extension ManualPage {
    /// best.yaml(5): every option, made of the list that the reader works from.
    ///
    /// - Parameter day: The day it is of, `2026-11-30`.
    public static func bestFile(day: String) -> ManualPage {
        var page = ManualPage(name: BestFile.name, section: 5, summary: "how the gateway BEST itself behaves", day: day)
        page.heading("DESCRIPTION")
        page.prose(ConfigurationManual.introduction(isFile: false))
        let defaults = GatewayConfiguration()
        for section in BestFile.sections {
            page.subheading(section.name)
            page.append(section, defaults, path: "")
        }
        page.heading("FILES")
        page.beginList()
        page.item("config/best.yaml", "Where it is looked for, below the working directory, unless --config names another directory.")
        page.item("/etc/best/best.yaml", "Where the service of the package has it.")
        page.endList()
        page.heading("EXAMPLES")
        page.verbatim([
            "server:", "  host: 0.0.0.0", "  authentication: keys", "logging:", "  format: json", "aliases:", "  house: [llama-3.3-70b, best]",
        ])
        page.seeAlso([("best", 1), ("meta-providers.yaml", 5)])
        return page
    }

    private mutating func append<Options>(_ option: ConfigurationOption<Options>, _ options: Options, path: String) {
        let name = path + option.name
        switch option.form {
        case .value(let value):
            // One that is a section of its own has no list around it yet.
            if path.isEmpty { beginList() }
            item(name, "\(option.documentation)\n\(ConfigurationManual.accepted(by: option, value)) Default: \(value.spell(options))")
            if path.isEmpty { endList() }
        case .group(let group) where path.isEmpty:
            prose(option.documentation)
            beginList()
            for inner in group.options { append(inner, options, path: "\(name).") }
            endList()
        case .group(let group):
            item(name, option.documentation)
            for inner in group.options { append(inner, options, path: "\(name).") }
        }
    }
}
