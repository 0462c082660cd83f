import Configuration
import Foundation
import Gateway

/// A directory of its own with configuration files in it, deleted with the value.
final class ConfigurationFixture {
    let path: String

    init(_ files: [String: String] = [:]) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("configuration-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, text) in files { try write(Array(text.utf8), to: name) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], to name: String) throws {
        let url = URL(fileURLWithPath: path + "/" + name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func load(
        directory: String? = "config", _ environment: [String: String] = [:], flags: ConfigurationFlags = ConfigurationFlags()
    ) -> LoadedConfiguration {
        ConfigurationLoader(directory: directory, workingDirectory: path, environment: environment, flags: flags).load()
    }
}

/// Loads `yaml` as `config/meta-providers.yaml`.
func loadProviders(_ yaml: String, _ environment: [String: String] = [:]) throws -> LoadedConfiguration {
    try ConfigurationFixture(["config/meta-providers.yaml": yaml]).load(environment)
}

/// The lines the problems of `yaml` are shown as.
func problems(of yaml: String, _ environment: [String: String] = [:]) throws -> [String] {
    try loadProviders(yaml, environment).problems.map(\.description)
}

/// The one provider of a file that is right.
func provider(_ yaml: String, _ environment: [String: String] = [:]) throws -> ProviderConfiguration? {
    let loaded = try loadProviders(yaml, environment)
    return loaded.configuration?.providers.first
}
