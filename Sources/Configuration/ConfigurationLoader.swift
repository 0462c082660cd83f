internal import Foundation
internal import Gateway

/// Loads the configuration from its directory, `.env` and the environment, and finds everything that is wrong with it at once.
///
/// It reads files and nothing else: no network, no change of the process' environment. Loading again later gives a new value,
/// which makes it fit for a reload.
public struct ConfigurationLoader: Sendable {
    /// The directory that is read when none is given.
    public static let defaultDirectory = "config"

    private let directory: String?
    private let workingDirectory: String
    private let environment: [String: String]

    /// Prepares to load.
    ///
    /// - Parameters:
    ///   - directory: The configuration directory; `nil` means `config`, which may be absent.
    ///   - workingDirectory: From where relative paths count and where `.env` is looked for.
    ///   - environment: The variables of the process.
    public init(directory: String? = nil, workingDirectory: String = ".", environment: [String: String]) {
        self.directory = directory
        self.workingDirectory = workingDirectory
        self.environment = environment
    }

    /// Reads everything.
    public func load() -> LoadedConfiguration {
        let problems = ProblemList()
        let warnings = ProblemList()
        let variables = VariableLookup(
            environment: environment, dotEnv: readDotEnv(problems, warnings), dotEnvName: Self.dotEnvName, workingDirectory: workingDirectory,
            problems: problems)
        let server = ServerOptionsReader(variables: variables, problems: problems, warnings: warnings).read()
        let file = readProviders(variables, problems, warnings)
        let configuration = GatewayConfiguration(server: server, providers: file.providers, skipped: file.skipped)
        return LoadedConfiguration(
            configuration: problems.isEmpty ? configuration : nil, warnings: warnings.sorted(), problems: problems.sorted())
    }

    private func readDotEnv(_ problems: ProblemList, _ warnings: ProblemList) -> DotEnvFile {
        let reporter = ProblemReporter(file: Self.dotEnvName, problems: problems)
        do {
            let bytes = try FileReading.bytes(of: resolve(Self.dotEnvName), atMost: ConfigurationLimits.maximumFileBytes)
            guard let text = SourceText.decode(bytes, reporter) else { return DotEnvFile() }
            return DotEnvFile(text, problems: reporter, warnings: ProblemReporter(file: Self.dotEnvName, problems: warnings))
        } catch FileReading.Failure.missing {
            return DotEnvFile()
        } catch {
            reporter.report(found: error.found, expected: "expected a readable file of KEY=VALUE lines, or none")
            return DotEnvFile()
        }
    }

    private func readProviders(_ variables: VariableLookup, _ problems: ProblemList, _ warnings: ProblemList) -> ProvidersFileReader.Outcome {
        let override = variables.setting(Self.providersVariable)?.value.reveal { $0 } ?? ""
        let path = override.isEmpty ? Self.join(directory ?? Self.defaultDirectory, Self.providersName) : override
        let reporter = ProblemReporter(file: path, problems: problems)
        do {
            let bytes = try FileReading.bytes(of: resolve(path), atMost: ConfigurationLimits.maximumFileBytes)
            guard let root = YAMLDocument(bytes, reporter).root else { return ProvidersFileReader.Outcome() }
            let folder = (resolve(path) as NSString).deletingLastPathComponent
            return ProvidersFileReader(
                reporter: reporter, warnings: ProblemReporter(file: path, problems: warnings), variables: variables, directory: folder
            ).read(root)
        } catch FileReading.Failure.missing where directory == nil && override.isEmpty {
            return ProvidersFileReader.Outcome()
        } catch {
            let origin = override.isEmpty ? "" : " (\(Self.providersVariable) names it)"
            reporter.report(found: error.found, expected: "expected the list of providers\(origin)")
            return ProvidersFileReader.Outcome()
        }
    }

    private func resolve(_ path: String) -> String {
        FileReading.resolve(path, in: workingDirectory)
    }

    private static func join(_ directory: String, _ name: String) -> String {
        directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
    }

    private static let dotEnvName = ".env"
    private static let providersName = "meta-providers.yaml"
    private static let providersVariable = "META_PROVIDERS_CONFIG_FILENAME"
}
