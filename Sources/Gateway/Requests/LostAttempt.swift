internal import Wire

/// What an attempt used that brought the client nothing: its provider may charge for it all the same.
struct LostAttempt {
    let deployment: Deployment
    let usage: Usage
    let source: UsageSource
    /// Pictures in the request, and pictures that may have been made for it.
    let images: Int
    let madeImages: Int

    /// What it cost, where the prices of the model are known.
    var charge: Charge { deployment.charge(for: usage, images: images, madeImages: madeImages) }
}
