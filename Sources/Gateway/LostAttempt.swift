internal import Wire

/// What an attempt used that brought the client nothing: its provider may charge for it all the same.
struct LostAttempt {
    let deployment: Deployment
    let usage: Usage
    let source: UsageSource

    /// What the tokens cost, where the prices of the model are known.
    var charge: Charge { deployment.charge(for: usage) }
}
