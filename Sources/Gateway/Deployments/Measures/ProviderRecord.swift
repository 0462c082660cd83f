internal import EventLoop

/// What all deployments of one provider have shown; it is believed of each of them before it has shown anything itself.
final class ProviderRecord {
    var live = LiveRecord()
    /// Whether something was learnt since the scores of its deployments were made.
    var isChanged = false
    /// Its place among the providers of the table.
    var number = 0
}
