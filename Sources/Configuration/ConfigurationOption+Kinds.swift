/// The usual kinds of values. Each says what it accepts in the manual, and refuses everything else in the reader.
///
/// A property that is an optional has `null` as one of its values: "not set".
extension ConfigurationOption {
    /// A whole number.
    static func integer<Number: FixedWidthInteger>(
        _ name: String, _ property: WritableKeyPath<Options, Number>, in range: ClosedRange<Int>, _ documentation: String
    ) -> ConfigurationOption {
        value(
            name, documentation, accepts: "a whole number, \(Self.span(range))", spell: { Self.digits(Int($0[keyPath: property])) },
            read: { if let number = $0.integer(in: range) { $1[keyPath: property] = Number(number) } })
    }

    /// A whole number or `null`.
    static func integer(
        _ name: String, _ property: WritableKeyPath<Options, Int?>, in range: ClosedRange<Int>, _ documentation: String
    ) -> ConfigurationOption {
        value(
            name, documentation, accepts: "a whole number, \(Self.span(range)), or null",
            spell: { $0[keyPath: property].map(Self.digits) ?? "null" },
            read: { value, options in
                if value.isNull {
                    options[keyPath: property] = nil
                } else if let number = value.integer(in: range) {
                    options[keyPath: property] = number
                }
            })
    }

    /// A number.
    static func number(
        _ name: String, _ property: WritableKeyPath<Options, Double>, in range: ClosedRange<Double>, _ documentation: String
    ) -> ConfigurationOption {
        value(
            name, documentation, accepts: "a number, \(NumberText.describe(range.lowerBound)) to \(NumberText.describe(range.upperBound))",
            spell: { NumberText.describe($0[keyPath: property]) }, read: { if let number = $0.number(in: range) { $1[keyPath: property] = number } })
    }

    /// A number or `null`.
    static func number(
        _ name: String, _ property: WritableKeyPath<Options, Double?>, in range: ClosedRange<Double>, _ documentation: String
    ) -> ConfigurationOption {
        value(
            name, documentation,
            accepts: "a number, \(NumberText.describe(range.lowerBound)) to \(NumberText.describe(range.upperBound)), or null",
            spell: { $0[keyPath: property].map(NumberText.describe) ?? "null" },
            read: { value, options in
                if value.isNull {
                    options[keyPath: property] = nil
                } else if let number = value.number(in: range) {
                    options[keyPath: property] = number
                }
            })
    }

    /// A number of bytes: `65536`, `64KiB`, `32MiB`, `1GiB`.
    static func bytes(
        _ name: String, _ property: WritableKeyPath<Options, Int>, in range: ClosedRange<Int>, _ documentation: String
    ) -> ConfigurationOption {
        value(
            name, documentation, accepts: "a size, \(ByteCountText.spell(range.lowerBound)) to \(ByteCountText.spell(range.upperBound))",
            spell: { ByteCountText.spell($0[keyPath: property]) },
            read: { if let count = $0.byteCount(in: range) { $1[keyPath: property] = count } })
    }

    /// A span of time: `500ms`, `5s`, `1m30s`, `24h`, or a number of seconds.
    static func duration(
        _ name: String, _ property: WritableKeyPath<Options, Duration>, in range: ClosedRange<Duration>, _ documentation: String
    ) -> ConfigurationOption {
        value(
            name, documentation, accepts: "a time, \(DurationText.spell(range.lowerBound)) to \(DurationText.spell(range.upperBound))",
            spell: { DurationText.spell($0[keyPath: property]) },
            read: { if let duration = $0.duration(in: range) { $1[keyPath: property] = duration } })
    }

    /// A span of time or `null`.
    static func duration(
        _ name: String, _ property: WritableKeyPath<Options, Duration?>, in range: ClosedRange<Duration>, _ documentation: String
    ) -> ConfigurationOption {
        value(
            name, documentation,
            accepts: "a time, \(DurationText.spell(range.lowerBound)) to \(DurationText.spell(range.upperBound)), or null",
            spell: { $0[keyPath: property].map(DurationText.spell) ?? "null" },
            read: { value, options in
                if value.isNull {
                    options[keyPath: property] = nil
                } else if let duration = value.duration(in: range) {
                    options[keyPath: property] = duration
                }
            })
    }

    /// `true` or `false`.
    static func boolean(_ name: String, _ property: WritableKeyPath<Options, Bool>, _ documentation: String) -> ConfigurationOption {
        value(
            name, documentation, accepts: "true or false", spell: { $0[keyPath: property] ? "true" : "false" },
            read: { if let flag = $0.boolean() { $1[keyPath: property] = flag } })
    }

    /// One word of an enumeration, by its raw value.
    static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ property: WritableKeyPath<Options, Choice>, _ documentation: String
    ) -> ConfigurationOption {
        value(
            name, documentation, accepts: "one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))",
            spell: { TextValue.spell($0[keyPath: property].rawValue) },
            read: { if let choice = $0.choice(Choice.self) { $1[keyPath: property] = choice } })
    }

    /// Text on one line; `isValid` refuses what is not `accepts`.
    static func text(
        _ name: String, _ property: WritableKeyPath<Options, String>, accepts: String = "text", _ documentation: String,
        where isValid: @escaping (String) -> Bool = { _ in true }
    ) -> ConfigurationOption {
        value(
            name, documentation, accepts: accepts, spell: { TextValue.spell($0[keyPath: property]) },
            read: { if let text = TextValue.read($0, accepts, isValid) { $1[keyPath: property] = text } })
    }

    /// Text or `null`.
    static func text(
        _ name: String, _ property: WritableKeyPath<Options, String?>, accepts: String = "text", _ documentation: String,
        where isValid: @escaping (String) -> Bool = { _ in true }
    ) -> ConfigurationOption {
        value(
            name, documentation, accepts: "\(accepts), or null", spell: { $0[keyPath: property].map(TextValue.spell) ?? "null" },
            read: { value, options in
                if value.isNull {
                    options[keyPath: property] = nil
                } else if let text = TextValue.read(value, accepts, isValid) {
                    options[keyPath: property] = text
                }
            })
    }

    /// A list of texts, which may be empty; one text stands for a list of one.
    static func texts(
        _ name: String, _ property: WritableKeyPath<Options, [String]>, accepts: String = "text", _ documentation: String,
        where isValid: @escaping (String) -> Bool = { _ in true }
    ) -> ConfigurationOption {
        value(
            name, documentation, accepts: "a list; each \(accepts)",
            spell: { "[\($0[keyPath: property].map(TextValue.spell).joined(separator: ", "))]" },
            read: { value, options in
                if value.isEmptyList { return options[keyPath: property] = [] }
                guard let elements = value.elements(orSingle: true) else { return }
                options[keyPath: property] = elements.compactMap { TextValue.read($0, accepts, isValid) }
            })
    }

    private static func span(_ range: ClosedRange<Int>) -> String {
        "\(digits(range.lowerBound)) to \(digits(range.upperBound))"
    }

    /// With `_` between groups of three digits, as the reader accepts: `20_000`.
    private static func digits(_ number: Int) -> String {
        NumberText.grouped(number)
    }
}
