import Testing

@testable import Mock

@Suite struct MockQuotaTests {
    private let second: UInt64 = 1_000_000_000

    @Test func `a window admits its requests and then says when it ends`() {
        var ledger = MockQuotaLedger()
        let quota = MockQuota(requests: 2, window: .seconds(60))
        #expect(ledger.admit(1, quota: quota, now: 5 * second) == nil)
        #expect(ledger.admit(1, quota: quota, now: 6 * second) == nil)
        #expect(ledger.admit(1, quota: quota, now: 35 * second) == 30_000)
        #expect(ledger.admit(2, quota: quota, now: 35 * second) == nil)
        #expect(ledger.admit(1, quota: quota, now: 65 * second) == nil)
    }

    @Test func `a rolling window has room when its oldest request leaves it`() {
        var ledger = MockQuotaLedger()
        let quota = MockQuota(requests: 2, window: .seconds(60), kind: .rolling)
        #expect(ledger.admit(1, quota: quota, now: 5 * second) == nil)
        #expect(ledger.admit(1, quota: quota, now: 25 * second) == nil)
        #expect(ledger.admit(1, quota: quota, now: 60 * second) == 5000)
        #expect(ledger.admit(1, quota: quota, now: 65 * second) == nil)
        #expect(ledger.admit(1, quota: quota, now: 70 * second) == 15_000)
    }

    @Test func `an aligned window ends at a multiple of its length`() {
        var ledger = MockQuotaLedger()
        let quota = MockQuota(requests: 1, window: .seconds(60), kind: .aligned)
        #expect(ledger.admit(1, quota: quota, now: 110 * second) == nil)
        #expect(ledger.admit(1, quota: quota, now: 111 * second) == 9000)
        #expect(ledger.admit(1, quota: quota, now: 120 * second) == nil)
    }

    @Test func `an account's window is the same for every key`() {
        var ledger = MockQuotaLedger()
        let quota = MockQuota(requests: 1, window: .seconds(60), isShared: true)
        #expect(ledger.admit(1, quota: quota, now: second) == nil)
        #expect(ledger.admit(2, quota: quota, now: second) == 60_000)
    }

    @Test(
        arguments: [
            ("5/60", .fixed, false), ("rolling:5/60", .rolling, false), ("account:aligned:5/60", .aligned, true), ("account:5/60", .fixed, true),
        ] as [(String, MockQuota.Kind, Bool)])
    func `a script says where the window lies`(text: String, kind: MockQuota.Kind, isShared: Bool) {
        #expect(MockQuota(text) == MockQuota(requests: 5, window: .seconds(60), kind: kind, isShared: isShared))
    }

    @Test(arguments: ["5", "5/0", "x:5/60", "rolling", ":5/60", "-1/60"]) func `an invalid quota is refused`(text: String) {
        #expect(MockQuota(text) == nil)
    }

    @Test func `the ledger does not grow without bound`() {
        var ledger = MockQuotaLedger()
        let quota = MockQuota(requests: 1, window: .seconds(1))
        for key in 0..<10_000 as Range<UInt64> { #expect(ledger.admit(key, quota: quota, now: 0) == nil) }
    }
}
