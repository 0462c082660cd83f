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
        /// What jobs in the box will keep, by name.
        var recordings: [String: Recording] = [:]
        var isEnding = false

        fileprivate var isEmpty: Bool { jobs.isEmpty && records.isEmpty && dropped == 0 && checkpoints.isEmpty && !isEnding }
    }

    /// Bytes that a job will keep under a name. A checkpoint that comes before it runs takes their place: the older ones must not be kept last.
    final class Recording: @unchecked Sendable {  // guarded as the box is while the job lies in it; then the thread alone has it
        fileprivate(set) var bytes: [UInt8]

        init(_ bytes: [UInt8]) { self.bytes = bytes }
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

    /// Puts a job in that keeps bytes under a name.
    func post(_ recording: Recording, as name: String, _ job: @escaping Job) -> Bool {
        condition.withLock {
            guard !mail.isEnding else { return false }
            mail.checkpoints[name] = nil
            mail.recordings[name] = recording
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
            if let recording = mail.recordings[name] { recording.bytes = bytes } else { mail.checkpoints[name] = bytes }
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
