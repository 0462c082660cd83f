/// Where in a document a value stands: `providers[3].base_url`. List positions count from 0.
struct ConfigurationPath: Hashable, Sendable, CustomStringConvertible {
    let description: String

    static let root = ConfigurationPath(description: "")

    /// The value of `key` in the mapping at this path.
    func appending(key: String) -> ConfigurationPath {
        let name = SafeQuotation.pathComponent(key)
        return ConfigurationPath(description: description.isEmpty ? name : "\(description).\(name)")
    }

    /// The element at `index` of the list at this path.
    func appending(index: Int) -> ConfigurationPath {
        ConfigurationPath(description: "\(description)[\(index)]")
    }
}
