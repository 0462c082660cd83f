internal import Gateway

/// Finds the value of a variable in the places it may come from.
///
/// | precedence | place | for |
/// | --- | --- | --- |
/// | 1 | the environment | everything |
/// | 2 | the file that `NAME_FILE` names | secrets |
/// | 3 | `$CREDENTIALS_DIRECTORY/NAME` (systemd.exec(5), `LoadCredential=`) | secrets |
/// | 4 | `.env` | everything |
///
/// What is set but empty counts as set. Each variable is looked up once, so that its problem is reported once.
final class VariableLookup {
    /// A value and where it came from.
    struct Found {
        let value: Secret
        /// For problems with the value.
        let file: String
        let line: Int?
    }

    private let environment: [String: String]
    private let dotEnv: DotEnvFile
    private let dotEnvName: String
    private let workingDirectory: String
    private let problems: ProblemList
    private let warnings: ProblemList
    private var secrets: [String: Found?] = [:]

    init(
        environment: [String: String], dotEnv: DotEnvFile, dotEnvName: String, workingDirectory: String, problems: ProblemList,
        warnings: ProblemList
    ) {
        self.environment = environment
        self.dotEnv = dotEnv
        self.dotEnvName = dotEnvName
        self.workingDirectory = workingDirectory
        self.problems = problems
        self.warnings = warnings
    }

    /// A setting that is no secret.
    func setting(_ name: String) -> Found? {
        fromEnvironment(name) ?? fromDotEnv(name)
    }

    /// A secret.
    func secret(_ name: String) -> Found? {
        if let known = secrets[name] { return known }
        let found = findSecret(name)
        secrets[name] = .some(found)
        return found
    }

    /// Reports what is wrong with the value of `name`.
    func report(_ name: String, _ place: Found, found: String, expected: String) {
        problems.add(Problem(file: place.file, line: place.line, keyPath: name, found: found, expected: expected))
    }

    private func findSecret(_ name: String) -> Found? {
        if let found = fromEnvironment(name) { return found }
        let fileVariable = name + "_FILE"
        if let place = setting(fileVariable), !place.value.isEmpty {
            return fromFile(place.value.reveal { $0 }, fileVariable, place)
        }
        if let found = fromCredentials(name) { return found }
        return fromDotEnv(name)
    }

    private func fromEnvironment(_ name: String) -> Found? {
        guard let text = environment[name] else { return nil }
        let value = Self.unquoted(text)
        if value != text, !value.isEmpty {
            warnings.add(
                Problem(
                    file: Self.environmentName, keyPath: name, found: "there are quotation marks around the value, which is used without them",
                    expected: "a file for docker's --env-file has none"))
        }
        return Found(value: Secret(value), file: Self.environmentName, line: nil)
    }

    /// The value without a pair of quotation marks around it, which `docker run --env-file` leaves there.
    private static func unquoted(_ text: String) -> String {
        guard text.utf8.count >= 2, let mark = text.first, mark == text.last, mark == "\"" || mark == "'" else { return text }
        return String(text.dropFirst().dropLast())
    }

    private func fromDotEnv(_ name: String) -> Found? {
        dotEnv.entries[name].map { Found(value: $0.value, file: dotEnvName, line: $0.line) }
    }

    private func fromFile(_ path: String, _ variable: String, _ place: Found) -> Found? {
        do {
            return Found(value: try content(of: FileReading.resolve(path, in: workingDirectory)), file: path, line: nil)
        } catch {
            // The path of no file is not shown: the secret itself may have been put there.
            report(variable, place, found: error.found, expected: "give the path of a readable file with the secret in it")
            return nil
        }
    }

    private func fromCredentials(_ name: String) -> Found? {
        guard let directory = environment["CREDENTIALS_DIRECTORY"], !directory.isEmpty else { return nil }
        let place = Found(value: Secret(""), file: "$CREDENTIALS_DIRECTORY/\(name)", line: nil)
        do {
            return Found(value: try content(of: directory + "/" + name), file: place.file, line: nil)
        } catch FileReading.Failure.missing {
            return nil
        } catch {
            report("", place, found: error.found, expected: "expected a readable file with the secret in it")
            return nil
        }
    }

    /// The text of a secret's file without the line ends behind it.
    private func content(of path: String) throws(FileReading.Failure) -> Secret {
        var bytes = try FileReading.bytes(of: path, atMost: ConfigurationLimits.maximumSecretFileBytes)[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        while bytes.last == UInt8(ascii: "\n") || bytes.last == UInt8(ascii: "\r") { bytes = bytes.dropLast() }
        return Secret(String(decoding: bytes, as: UTF8.self))
    }

    /// What problems with variables name as their file.
    static let environmentName = "environment"
}
