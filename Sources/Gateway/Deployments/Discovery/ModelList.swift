/// A provider's whole list of models: each id once, in the provider's order.
struct ModelList: Sendable {
    private(set) var models: [ModelConfiguration] = []
    /// Entries that were left out: without a usable id, or beyond the limit.
    private(set) var skipped = 0
    private var ids: Set<String> = []

    /// Leaves out what is not taken of a list.
    mutating func clean(_ redactor: Redactor) { models = ModelSource.cleaned(models, redactor) }

    /// Takes a page; whether it had a model that was not there before.
    @discardableResult
    mutating func append(_ page: ModelListPage) -> Bool {
        let count = models.count
        skipped += page.skipped
        for model in page.models {
            // A provider that lists an id twice means the first.
            guard models.count < DiscoveryLimits.maximumModels else {
                skipped += 1
                continue
            }
            if ids.insert(model.id).inserted { models.append(model) }
        }
        return models.count > count
    }
}
