internal import Foundation
internal import Gateway

/// The one thread that touches the database, and the mailbox through which the loop talks to it.
final class StoreThread: @unchecked Sendable {  // `condition` guards every field
    typealias Job = @Sendable (StoreWorker) -> Void

    /// The contents of the box.
    struct Mail {
        var jobs: [Job] = []
        var records: [UsageRecord] = []
        /// Records dropped because the box was full.
        var dropped = 0
        var checkpoints: [String: [UInt8]] = [:]
        var isEnding = false

        fileprivate var isEmpty: Bool { jobs.isEmpty && records.isEmpty && dropped == 0 && checkpoints.isEmpty && !isEnding }
    }

    /// The most records in the box: the thread takes them out at once, unless the disk delays it.
    private let maximumRecords: Int
    private let condition = NSCondition()
    private var mail = Mail()
    private var hasEnded = false

    init(maximumRecords: Int) { self.maximumRecords = maximumRecords }

    /// Starts the thread with the worker that `make` makes on it.
    func start(_ make: @escaping @Sendable () -> StoreWorker) {
        let thread = Thread { [self] in run(make()) }
        thread.name = "store"
        thread.start()
    }

    /// Adds a job.
    ///
    /// - Returns: Whether it will run; not after the end.
    func post(_ job: @escaping Job) -> Bool {
        condition.withLock {
            guard !mail.isEnding else { return false }
            mail.jobs.append(job)
            condition.signal()
            return true
        }
    }

    func post(_ records: [UsageRecord]) {
        condition.withLock {
            let room = max(0, maximumRecords - mail.records.count)
            if room >= records.count, !mail.isEnding {
                if mail.records.isEmpty { mail.records = records } else { mail.records += records }
            } else {
                mail.dropped += records.count
            }
            condition.signal()
        }
    }

    func post(checkpoint name: String, _ bytes: [UInt8]) {
        condition.withLock {
            mail.checkpoints[name] = bytes
            condition.signal()
        }
    }

    /// Records in the box.
    var waitingRecords: Int { condition.withLock { mail.records.count } }

    /// Lets the thread write what it has, close the database and end.
    ///
    /// - Returns: Whether it did so before the patience was over.
    func end(patience: Duration) -> Bool {
        let deadline = Date(timeIntervalSinceNow: Double(patience.components.seconds))
        return condition.withLock {
            mail.isEnding = true
            condition.signal()
            while !hasEnded, condition.wait(until: deadline) {}
            return hasEnded
        }
    }

    private func run(_ worker: StoreWorker) {
        while true {
            let mail = next(before: worker.nextTurn)
            worker.take(mail.records, dropped: mail.dropped, mail.checkpoints)
            for job in mail.jobs { job(worker) }
            guard !mail.isEnding else { break }
            worker.turn(at: .now)
        }
        worker.close(at: .now)
        condition.withLock {
            hasEnded = true
            condition.broadcast()
        }
    }

    /// The contents of the box as soon as there are any, or nothing at `time`.
    private func next(before time: UnixTime) -> Mail {
        let date = Date(timeIntervalSince1970: Double(time.milliseconds) / 1000)
        return condition.withLock {
            while mail.isEmpty, condition.wait(until: date) {}
            defer {
                let isEnding = mail.isEnding
                mail = Mail()
                mail.isEnding = isEnding
            }
            return mail
        }
    }
}
