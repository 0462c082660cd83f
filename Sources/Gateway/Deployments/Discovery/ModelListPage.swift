internal import Wire

/// One page of a provider's list of models.
struct ModelListPage: Sendable {
    /// The models, in the list's order.
    var models: [ModelConfiguration] = []
    /// Entries that were left out: without a usable id, or beyond the limit.
    var skipped = 0
    /// What may be added to the query for the next page, the likeliest first; none on the last one. Where a page does not say how the next is asked
    /// for, there are several.
    var next: [String] = []

    /// Takes an entry of the list.
    mutating func append(_ entry: ModelEntry) {
        if let model = entry.model, models.count < DiscoveryLimits.maximumModels {
            models.append(model)
        } else if !entry.isRetired {
            skipped += 1
        }
    }
}
