/// One option of `best.yaml`, or a mapping of further ones: the single place that says how it is called, what it means, what it accepts,
/// which property of `Options` it sets and therefore what its default is.
///
/// The reader (`OptionsReader`), the manual (`ConfigurationManual`, which is the committed `config/best.yaml`) and the tests that hold
/// both together work from the same list, so they can't part.
///
/// To add an **option**: add a property with its default to the section's `…Options` struct in Sources/Gateway/Settings, and a line
/// for it, as below, in that section's list in Sources/Configuration/Sections.
///
/// To add a **section**: give `GatewayConfiguration` a property of the new struct with its defaults, add a file to
/// Sources/Configuration/Sections with the section's list, and name it in `BestFile.sections`. What contradicts itself across options
/// (a cap below its base) goes into the group's `check`.
///
/// Afterwards write the manual anew: `best check --print-defaults > config/best.yaml`. A test fails as long as the committed file is
/// not that text, and another when a property of a section's struct has no option.
///
/// ```swift
/// struct QueueOptions {
///     var longestWait: Duration = .seconds(2)
/// }
///
/// let options: [ConfigurationOption<QueueOptions>] = [
///     .duration("longest_wait", \.longestWait, in: .zero ... .seconds(60), "How long a request may wait in the queue.")
/// ]
/// ```
struct ConfigurationOption<Options> {
    /// What an option is: a value, or a mapping of options.
    enum Form {
        case value(Value)
        case group(Group)
    }

    /// How one value is spelt and read.
    struct Value {
        /// What may stand there, with unit and range, for the manual: `a time, 1 ms to 1 h`.
        let accepts: String
        /// How the value that `Options` holds is written in YAML.
        let spell: (Options) -> String
        /// Reads the value into `Options`, or reports why it can't and leaves them as they are.
        let read: (ConfigurationValue, inout Options) -> Void
    }

    /// A mapping of options.
    struct Group {
        let options: [ConfigurationOption]
        /// What is impossible about the options together.
        let check: (Options) -> [Contradiction]
    }

    /// The key in the file: `snake_case`.
    let name: String
    /// What it means, for the manual: whole sentences; it is broken into lines there.
    let documentation: String
    let form: Form
    /// What it was called in earlier versions; files that still say so are read all the same.
    var formerName: String?
    /// Makes good what a value of that time does not say, and tells what was done; `nil` when nothing had to be.
    var adaptFormer: (inout Options) -> String? = { _ in nil }

    /// Whether a change takes effect only when the gateway is restarted.
    var needsRestart = false

    /// The same option, of which a change takes effect only when the gateway is restarted.
    func afterRestart() -> ConfigurationOption {
        var option = self
        option.needsRestart = true
        return option
    }

    /// Whether a key of a file means this option.
    func isNamed(_ key: String) -> Bool { key == name || key == formerName }

    /// The same option, with the name it had in earlier versions.
    ///
    /// - Parameter adapt: Called when a file gives that name and was read: changes what would be right otherwise, and says so in words that follow a
    ///   semicolon; `nil` when nothing had to be changed.
    func formerly(_ name: String, adapt: @escaping (inout Options) -> String? = { _ in nil }) -> ConfigurationOption {
        var option = self
        option.formerName = name
        option.adaptFormer = adapt
        return option
    }

    /// The same option as part of something larger.
    func moved<Whole>(to part: WritableKeyPath<Whole, Options>) -> ConfigurationOption<Whole> {
        switch form {
        case .value(let value):
            ConfigurationOption<Whole>(
                name: name, documentation: documentation,
                form: .value(
                    .init(accepts: value.accepts, spell: { value.spell($0[keyPath: part]) }, read: { value.read($0, &$1[keyPath: part]) })),
                formerName: formerName, adaptFormer: { adaptFormer(&$0[keyPath: part]) }, needsRestart: needsRestart)
        case .group(let group):
            ConfigurationOption<Whole>(
                name: name, documentation: documentation,
                form: .group(.init(options: group.options.map { $0.moved(to: part) }, check: { group.check($0[keyPath: part]) })),
                formerName: formerName, adaptFormer: { adaptFormer(&$0[keyPath: part]) }, needsRestart: needsRestart)
        }
    }

    /// A mapping under `name`, whose options set the part of `Options` at `part`.
    static func group<Part>(
        _ name: String, _ part: WritableKeyPath<Options, Part>, _ documentation: String, _ options: [ConfigurationOption<Part>],
        check: @escaping (Part) -> [Contradiction] = { _ in [] }
    ) -> ConfigurationOption {
        ConfigurationOption(
            name: name, documentation: documentation,
            form: .group(.init(options: options.map { $0.moved(to: part) }, check: { check($0[keyPath: part]) })))
    }

    /// A value read and spelt by closures of its own, where no kind of `ConfigurationOption+Kinds` fits.
    static func value(
        _ name: String, _ documentation: String, accepts: String, spell: @escaping (Options) -> String,
        read: @escaping (ConfigurationValue, inout Options) -> Void
    ) -> ConfigurationOption {
        ConfigurationOption(name: name, documentation: documentation, form: .value(.init(accepts: accepts, spell: spell, read: read)))
    }
}
