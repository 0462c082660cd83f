/// The keys one kind of mapping may have; the raw value is the key's spelling in the file.
protocol ConfigurationKey: RawRepresentable<String>, CaseIterable, Hashable, Sendable {}
