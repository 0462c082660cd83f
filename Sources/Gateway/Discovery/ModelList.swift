/// A provider's whole list of models: each id once, in the provider's order.
struct ModelList: Sendable {
    private(set) var models: [ModelConfiguration] = []
    /// Entries that were left out: without a usable id, or beyond the limit.
    private(set) var skipped = 0
    private var ids: Set<String> = []

    mutating func append(_ page: ModelListPage) {
        skipped += page.skipped
        for model in page.models {
            // A provider that lists an id twice means the first.
            guard models.count < DiscoveryLimits.maximumModels else {
                skipped += 1
                continue
            }
            if ids.insert(model.id).inserted { models.append(model) }
        }
    }
}
