/// What the gateway itself takes from one configuration; never changed, replaced as a whole by a reload.
final class GatewaySettings {
    let configuration: GatewayConfiguration
    /// The admin key; `nil` turns the operator's endpoints off.
    let adminCredential: AdminCredential?
    /// The origins whose pages may use the gateway while no key is needed.
    let allowedOrigins: Set<WebOrigin>
    /// Whether pages of an origin may use the gateway while no key is needed.
    func allows(_ origin: WebOrigin) -> Bool {
        allowedOrigins.contains(origin) || origin.family.map { allowedOrigins.contains($0) } ?? false
    }

    /// Which settings of this process they are, counted from 0.
    let generation: Int

    init(_ configuration: GatewayConfiguration, generation: Int) {
        self.generation = generation
        self.configuration = configuration
        allowedOrigins = Set(configuration.server.allowedOrigins)
        adminCredential = configuration.server.adminKey.map(AdminCredential.init)
    }
}
