internal import Wire

/// What the keys that asked lately may ask for.
struct AllowanceCache {
    /// Most keys remembered for one table: half a megabyte where there are 3,000 models.
    private static let most = 1024

    // The grant is kept, or another one might come to lie at the same address.
    private var known: [ObjectIdentifier: (grant: KeyGrant, allowance: Allowance)] = [:]
    private var order: [ObjectIdentifier] = []
    /// The place in `order` of the oldest, once it is full.
    private var oldest = 0

    func allowance(of grant: KeyGrant) -> Allowance? { known[ObjectIdentifier(grant)]?.allowance }

    mutating func keep(_ allowance: Allowance, of grant: KeyGrant) {
        let id = ObjectIdentifier(grant)
        guard known.updateValue((grant, allowance), forKey: id) == nil else { return }
        guard order.count == AllowanceCache.most else { return order.append(id) }
        known[order[oldest]] = nil
        order[oldest] = id
        oldest = (oldest + 1) % AllowanceCache.most
    }
}
