/// The top level of `model-adjustments.yaml`.
enum AdjustmentsFileKey: String, ConfigurationKey {
    case adjustments
}

/// The keys of an adjustment.
enum AdjustmentKey: String, ConfigurationKey {
    case priority
    case regex
}
