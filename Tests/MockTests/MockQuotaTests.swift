import Testing

@testable import Mock

@Suite struct MockQuotaTests {
    private let second: UInt64 = 1_000_000_000

    @Test func `a window admits its requests and tells when it ends`() {
        var ledger = MockQuotaLedger()
        let quota = MockQuota(requests: 2, window: .seconds(60))
        #expect(ledger.admit(1, quota: quota, now: 5 * second) == nil)
        #expect(ledger.admit(1, quota: quota, now: 6 * second) == nil)
        #expect(ledger.admit(1, quota: quota, now: 35 * second) == 30_000)
        #expect(ledger.admit(2, quota: quota, now: 35 * second) == nil)
        #expect(ledger.admit(1, quota: quota, now: 65 * second) == nil)
    }

    @Test func `the ledger does not grow without bound`() {
        var ledger = MockQuotaLedger()
        let quota = MockQuota(requests: 1, window: .seconds(1))
        for key in 0..<10_000 as Range<UInt64> { #expect(ledger.admit(key, quota: quota, now: 0) == nil) }
    }
}
