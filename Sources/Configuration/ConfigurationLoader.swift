internal import Foundation
internal import Gateway

/// Loads the configuration from its directory, `.env`, the environment and the command line, and finds everything that is wrong with it
/// at once. Flags win over the environment, the environment over `.env`, and that over the files.
///
/// It reads files and nothing else: no network, no change of the process' environment. Loading again later gives a new value,
/// which makes it fit for a reload.
///
/// ```swift
/// let loaded = ConfigurationLoader(directory: directory, environment: ["GROQ_API_KEY": "gsk-1"]).load()
/// let lines = loaded.problems.map(\.description)  // each with its file, line and key, and with what would be right
/// let configuration = loaded.configuration  // nil as long as there is a problem
/// ```
public struct ConfigurationLoader: Sendable {
    /// The directory that is read when none is given.
    public static let defaultDirectory = "config"

    private let directory: String?
    private let workingDirectory: String
    private let environment: [String: String]
    private let flags: ConfigurationFlags

    /// Prepares to load.
    ///
    /// - Parameters:
    ///   - directory: The configuration directory; `nil` means `config`, which may be absent.
    ///   - workingDirectory: From where relative paths count and where `.env` is looked for.
    ///   - environment: The variables of the process.
    ///   - flags: What the command line says.
    public init(
        directory: String? = nil, workingDirectory: String = ".", environment: [String: String], flags: ConfigurationFlags = ConfigurationFlags()
    ) {
        self.directory = directory
        self.workingDirectory = workingDirectory
        self.environment = environment
        self.flags = flags
    }

    /// Reads everything.
    public func load() -> LoadedConfiguration {
        let problems = ProblemList()
        let warnings = ProblemList()
        let variables = VariableLookup(
            environment: environment, dotEnv: readDotEnv(problems, warnings), dotEnvName: Self.dotEnvName, workingDirectory: workingDirectory,
            problems: problems, warnings: warnings)
        var configuration = GatewayConfiguration()
        guard isDirectoryThere(problems) else {
            return LoadedConfiguration(
                proxySettings: [:], readable: configuration, resolved: [], warnings: warnings.sorted(), problems: problems.sorted(), exposure: nil,
                noProvider: nil)
        }
        let bestFile = parse(BestFile.name, orNamedBy: nil, holding: "the gateway's options", isRequired: false, variables, problems)
        if let bestFile {
            let reporter = bestFile.reporter
            BestFile.read(bestFile.root, into: &configuration, reporter, warnings: ProblemReporter(file: reporter.file, problems: warnings))
        }
        ServerOptionsReader(variables: variables, problems: problems, warnings: warnings).read(flags, into: &configuration.server)
        checkDataDirectory(configuration, variables, bestFile, problems)
        checkAdminAddress(configuration, bestFile, problems)
        if let format = flags.logFormat { configuration.logging.format = format }
        if flags.isQuiet { configuration.logging.requests = false }
        ScoringVariables(variables: variables).read(into: &configuration.scoring.original)
        let modelLists = variables.setting("PROVIDERS_CONFIG_FILENAME")?.value.reveal { $0 } ?? ""
        if !modelLists.isEmpty { configuration.discovery.cacheFile = resolve(modelLists) }
        configuration.adjustments = readAdjustments(variables, problems, warnings)
        let proxies = ProxyCredentials.settings(environment: environment) { variables.setting($0)?.value.reveal { $0 } }
        configuration.proxyCredentials = ProxyCredentials.find(in: environment.merging(proxies) { own, _ in own })
        var providers = readProviders(variables, configuration.timeouts, problems, warnings)
        for index in providers.providers.indices { providers.providers[index].proxyCredentials = configuration.proxyCredentials }
        configuration.providers = providers.providers
        configuration.skipped = providers.skipped
        configuration.prepare()
        return LoadedConfiguration(
            proxySettings: proxies, readable: configuration, resolved: providers.resolved, warnings: warnings.sorted(), problems: problems.sorted(),
            exposure: exposure(of: configuration, variables, bestFile),
            noProvider: configuration.providers.isEmpty && problems.isEmpty ? noProvider(configuration.skipped, variables) : nil)
    }

    /// Without the directory that the operator named, nothing else is worth saying.
    private func isDirectoryThere(_ problems: ProblemList) -> Bool {
        guard let directory else { return true }
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: resolve(directory), isDirectory: &isDirectory)
        guard !exists || !isDirectory.boolValue else { return true }
        problems.add(
            Problem(
                file: directory, keyPath: "--config", found: exists ? "it is not a directory" : "no such directory",
                expected: "expected the directory with \(Self.providersName)"))
        return false
    }

    private struct ParsedFile {
        let root: YAMLNode
        let reporter: ProblemReporter
    }

    /// Open to everybody who reaches the host: allowed to this machine only.
    private func exposure(of configuration: GatewayConfiguration, _ variables: VariableLookup, _ file: ParsedFile?) -> Problem? {
        let server = configuration.server
        guard server.mayBeOpen else { return nil }
        let isAsked = server.authentication == .none
        let rule = "\(isAsked ? "with server.authentication: none" : "without any key") the gateway serves this machine only"
        let remedy =
            isAsked
            ? "set server.authentication: keys"
            : "set ALLOWED_BEARER_TOKENS or LLMGW_ADMIN_API_KEY, or server.authentication: keys where `best keys create` makes the keys"
        if server.isLoopback, let listen = configuration.admin.listen, !listen.isLoopback {
            return adminProblem(file, found: "\(rule), not \(listen)", expected: "\(remedy), or listen on 127.0.0.1 or a socket")
        }
        guard !server.isLoopback else { return nil }
        return problem(
            with: "host", flag: flags.host == nil ? nil : "--host", variable: "HOST", variables, file,
            found: "\(rule), not \(server.host)", expected: "\(remedy), or listen on 127.0.0.1")
    }

    /// Without a provider there is nobody who could answer.
    private func noProvider(_ skipped: [SkippedProvider], _ variables: VariableLookup) -> Problem {
        let file = path(of: Self.providersName, orNamedBy: "META_PROVIDERS_CONFIG_FILENAME", variables)
        guard !skipped.isEmpty else {
            return Problem(
                file: file, keyPath: "providers", found: "no provider is configured",
                expected: "list one with its base_url and the variable of its key; `best serve --demo` serves made-up answers without any")
        }
        var names: [String] = []
        for provider in skipped where !names.contains(provider.variable) { names.append(provider.variable) }
        let shown = names.prefix(ConfigurationLimits.maximumNamedVariables)
        let rest = names.count > shown.count ? " or \(names.count - shown.count) others" : ""
        return Problem(
            file: file, keyPath: "providers", found: "no provider can be used, none has its key",
            expected:
                "set \(names.count == 1 ? "" : "one of ")\(shown.joined(separator: ", "))\(rest) in the environment, in .env or as a credential of the service "
                + "(LoadCredential=); `best serve --demo` serves made-up answers without any")
    }

    /// The operator's own listener can't have the clients' address.
    private func checkAdminAddress(_ configuration: GatewayConfiguration, _ file: ParsedFile?, _ problems: ProblemList) {
        let server = configuration.server
        guard case .tcp(let host, let port)? = configuration.admin.listen, port == server.port, port != 0 else { return }
        let hosts = Set([host, server.host].map { $0 == "localhost" ? "127.0.0.1" : $0 })
        guard hosts.count == 1 || !hosts.isDisjoint(with: ["0.0.0.0", "::"]) else { return }
        problems.add(
            adminProblem(
                file, found: "port \(port) is the clients' (server.port)",
                expected: "expected another port, or a socket like unix:/run/best/admin.sock"))
    }

    private func adminProblem(_ file: ParsedFile?, found: String, expected: String) -> Problem {
        Problem(
            file: file?.reporter.file ?? BestFile.name, line: file?.root["admin"]?["listen"]?.mark.line, keyPath: "admin.listen", found: found,
            expected: expected)
    }

    /// A directory that can't be one; a missing one is made when it is needed.
    private func checkDataDirectory(
        _ configuration: GatewayConfiguration, _ variables: VariableLookup, _ file: ParsedFile?, _ problems: ProblemList
    ) {
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: resolve(configuration.server.dataDirectory), isDirectory: &isDirectory)
        guard exists, !isDirectory.boolValue else { return }
        problems.add(
            problem(
                with: "data_directory", flag: flags.dataDirectory == nil ? nil : "--data", variable: "STATE_DIRECTORY", variables, file,
                found: "it is a file", expected: "expected a directory that can be written, or one that can be made"))
    }

    /// A problem with an option of `server` at the place its value came from: the flag, the variable, or the file.
    private func problem(
        with option: String, flag: String?, variable: String, _ variables: VariableLookup, _ file: ParsedFile?, found: String, expected: String
    ) -> Problem {
        if let flag { return Problem(file: ConfigurationFlags.place, keyPath: flag, found: found, expected: expected) }
        if let place = variables.setting(variable), !place.value.isEmpty {
            return Problem(file: place.file, line: place.line, keyPath: variable, found: found, expected: expected)
        }
        return Problem(
            file: file?.reporter.file ?? BestFile.name, line: file?.root["server"]?[option]?.mark.line, keyPath: "server.\(option)", found: found,
            expected: expected)
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

    private func readProviders(
        _ variables: VariableLookup, _ timeouts: UpstreamTimeouts, _ problems: ProblemList, _ warnings: ProblemList
    ) -> ProvidersFileReader.Outcome {
        let file = parse(
            Self.providersName, orNamedBy: "META_PROVIDERS_CONFIG_FILENAME", holding: "the list of providers", isRequired: directory != nil,
            variables, problems)
        guard let file else { return ProvidersFileReader.Outcome() }
        let folder = (resolve(file.reporter.file) as NSString).deletingLastPathComponent
        return ProvidersFileReader(
            reporter: file.reporter, warnings: ProblemReporter(file: file.reporter.file, problems: warnings), variables: variables, directory: folder,
            timeouts: timeouts
        ).read(file.root)
    }

    private func readAdjustments(_ variables: VariableLookup, _ problems: ProblemList, _ warnings: ProblemList) -> [ModelAdjustment] {
        let file = parse(
            Self.adjustmentsName, orNamedBy: "MODEL_ADJUSTMENTS_FILENAME", holding: "adjustments of models", isRequired: false, variables, problems)
        guard let file else { return [] }
        return AdjustmentsFileReader(reporter: file.reporter, warnings: ProblemReporter(file: file.reporter.file, problems: warnings)).read(file.root)
    }

    /// Parses the file called `name` in the configuration directory, or the one that `variable` names, which then must be there.
    private func parse(
        _ name: String, orNamedBy variable: String?, holding content: String, isRequired: Bool, _ variables: VariableLookup, _ problems: ProblemList
    ) -> ParsedFile? {
        let override = override(by: variable, variables)
        let path = path(of: name, orNamedBy: variable, variables)
        let reporter = ProblemReporter(file: path, problems: problems)
        do {
            let bytes = try FileReading.bytes(of: resolve(path), atMost: ConfigurationLimits.maximumFileBytes)
            return YAMLDocument(bytes, reporter).root.map { ParsedFile(root: $0, reporter: reporter) }
        } catch FileReading.Failure.missing where !isRequired && override.isEmpty {
            return nil
        } catch {
            reporter.report(found: error.found, expected: "expected \(content)\(override.isEmpty ? "" : " (\(variable ?? "") names it)")")
            return nil
        }
    }

    /// Where the file called `name` is: in the configuration directory, or where `variable` says: a path, or the name of another file in that directory.
    private func path(of name: String, orNamedBy variable: String?, _ variables: VariableLookup) -> String {
        let override = override(by: variable, variables)
        let folder = directory ?? Self.defaultDirectory
        guard !override.isEmpty else { return Self.join(folder, name) }
        let inFolder = Self.join(folder, override)
        let isThere = { FileManager.default.fileExists(atPath: resolve($0)) }
        // A path from the working directory counts first.
        return !override.hasPrefix("/") && !isThere(override) && isThere(inFolder) ? inFolder : override
    }

    private func override(by variable: String?, _ variables: VariableLookup) -> String {
        variable.flatMap { variables.setting($0)?.value.reveal { $0 } } ?? ""
    }

    private func resolve(_ path: String) -> String {
        FileReading.resolve(path, in: workingDirectory)
    }

    private static func join(_ directory: String, _ name: String) -> String {
        directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
    }

    private static let dotEnvName = ".env"
    private static let providersName = "meta-providers.yaml"
    private static let adjustmentsName = "model-adjustments.yaml"
}
