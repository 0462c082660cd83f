import Foundation

/// A provider in the gateway's configuration.
struct Provider {
    /// One of its models.
    struct Model {
        /// The provider's id, which for the mock may hold a script: `a:status=500`.
        var id: String
        var aliases: [String] = []
        /// Further YAML keys.
        var lines: [String] = []
    }

    var name: String
    var models: [Model]?
    /// `nil` for the test's mock.
    var url: String?
    /// Further YAML keys.
    var lines: [String] = []

    init(_ name: String, models: [Model]?, url: String? = nil, lines: [String] = []) {
        (self.name, self.models, self.url, self.lines) = (name, models, url, lines)
    }

    /// A provider whose one model, called `m` by every provider of this kind, answers by a script.
    ///
    /// - Parameters:
    ///   - name: Also the model's id before the script, by which the mock counts.
    ///   - script: In the language of the mock, separated by semicolons; empty for a healthy answer.
    init(_ name: String, _ script: String = "", url: String? = nil, lines: [String] = []) {
        self.init(name, models: [Model(id: script.isEmpty ? name : "\(name):\(script)", aliases: ["m"])], url: url, lines: lines)
    }

    /// Its entry in `meta-providers.yaml`.
    func yaml(mock: String) -> String {
        var text = "  - name: \(name)\n    base_url: \(url ?? mock)\n"
        for line in lines { text += "    \(line)\n" }
        guard let models else { return text }
        text += "    models:\n"
        for model in models {
            text += "      - id: \"\(model.id)\"\n"
            if !model.aliases.isEmpty { text += "        aliases: [\(model.aliases.joined(separator: ", "))]\n" }
            for line in model.lines { text += "        \(line)\n" }
        }
        return text
    }
}
