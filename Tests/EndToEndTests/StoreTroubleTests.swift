import Foundation
import Testing

/// What happens to the database while requests are served: none of them fails, and `/readyz` says how the store is.
@Suite struct StoreTroubleTests {
    /// Runs a Python program with the database's path as its argument, until it ends.
    private func python(_ text: String, _ path: String) throws {
        let program = try Program(["python3", "-c", text, path], executable: "/usr/bin/env")
        let exit = try program.waitForExit()
        try #require(exit == .code(0), "\(program.text)")
    }

    /// No request failed, and each is in the books.
    private func checkBooks(_ store: StoreHarness, _ load: Load) throws {
        let (times, troubles) = load.stop()
        #expect(troubles.isEmpty && times.count > 20, "\(times.count) answers, \(troubles.prefix(3)); \(store.gateway.text)")
        try store.waitForStore("durable")
        store.gateway.stop()
        let (served, booked) = (try store.mock.counter("requests"), try store.bookedRequests())
        #expect(booked == served, "served \(served), booked \(booked)")
        store.mock.program.stop()
    }

    @Test func `a database that another program has locked`() throws {
        let store = try StoreHarness()
        let load = Load(port: store.port, token: StoreHarness.token)
        let locker = try Program(
            [
                "python3", "-c",
                "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1],isolation_level=None)\nc.execute('BEGIN IMMEDIATE')\nprint('locked',flush=True)\n"
                    + "import signal\nsignal.pause()", store.database,
            ], executable: "/usr/bin/env")
        _ = try locker.line(with: "locked")
        try store.waitForStore("memory_only", trouble: "locked")
        // A change of a key can't be kept, and says so.
        let create = try Program(["keys", "create", "ann"], directory: store.folder.path)
        #expect(try create.waitForExit(Deadline(.seconds(20))) == .code(69) && create.text.contains("locked"), "\(create.text)")
        locker.send(SIGKILL)
        _ = try locker.waitForExit()
        try store.waitForStore("durable")
        // The log is written by a thread of its own.
        _ = try store.gateway.line(with: "store: locked")
        _ = try store.gateway.line(with: "store: everything is kept again")
        try checkBooks(store, load)
    }

    @Test func `a database that is deleted`() throws {
        let store = try StoreHarness()
        let key = try store.createKey("ann")
        let gone = try store.createKey("bob")
        _ = try store.best(["keys", "revoke", gone.id])
        // So that the gateway has the keys in memory before the file goes.
        store.gateway.stop()
        try store.restart()
        let load = Load(port: store.port, token: StoreHarness.token)
        #expect(Deadline(.seconds(9)).until { load.answered > 20 })
        let before = try store.bookedRequests()
        try FileManager.default.removeItem(atPath: store.folder.path + "/data")
        #expect(Deadline(.seconds(20)).until { store.gateway.text.contains("store: everything is kept again") }, "\(store.gateway.text)")
        let (times, troubles) = load.stop()
        #expect(troubles.isEmpty && times.count > 20, "\(troubles.prefix(3))")
        #expect(store.gateway.text.contains("store: deleted"))
        let keys = try #require(try store.object(["keys", "list", "--all"])["data"] as? [[String: Any]])
        #expect(keys.compactMap { $0["id"] as? String }.sorted() == [key.id, gone.id].sorted())
        #expect(keys.first { $0["id"] as? String == gone.id }?["revoked_at"] is String)
        // What was written into the deleted file is gone with it, not what came later.
        store.gateway.stop()
        let (served, booked) = (try store.mock.counter("requests"), try store.bookedRequests())
        #expect(booked > 0 && booked <= served - before, "served \(served), booked \(booked)")
        store.mock.program.stop()
    }

    @Test func `a database that is overwritten with rubbish`() throws {
        let store = try StoreHarness()
        let key = try store.createKey("ann")
        store.gateway.stop()
        try store.restart()
        let load = Load(port: store.port, token: StoreHarness.token)
        #expect(Deadline(.seconds(9)).until { load.answered > 20 })
        try python(
            "import sqlite3,sys,os\nc=sqlite3.connect(sys.argv[1])\nc.execute('PRAGMA wal_checkpoint(TRUNCATE)')\nc.close()\n"
                + "f=open(sys.argv[1],'r+b')\nf.write(os.urandom(os.path.getsize(sys.argv[1])))", store.database)
        #expect(Deadline(.seconds(20)).until { store.gateway.text.contains("store: everything is kept again") }, "\(store.gateway.text)")
        let (times, troubles) = load.stop()
        #expect(troubles.isEmpty && times.count > 20, "\(troubles.prefix(3))")
        #expect(store.gateway.text.contains("store: corrupt") && store.gateway.text.contains("best.db.damaged-"))
        try store.waitForStore("durable")
        let keys = try #require(try store.object(["keys", "list"])["data"] as? [[String: Any]])
        #expect(keys.compactMap { $0["id"] as? String } == [key.id])
        store.stop()
    }

    @Test(.enabled(if: StoreTroubleTests.canMount, "needs the right to mount a file system")) func `a disk that is full`() throws {
        // A file system of 8 MiB that only the gateway sees.
        let store = try StoreHarness(wrapper: [
            "/usr/bin/env", "unshare", "-m", "sh", "-c", "mkdir -p data && mount -t tmpfs -o size=8m none data && exec \"$0\" \"$@\"",
        ])
        let inside = "/proc/\(store.gateway.processID)/root\(store.folder.path)/data"
        let load = Load(port: store.port, token: StoreHarness.token)
        #expect(Deadline(.seconds(9)).until { load.answered > 20 })
        _ = FileManager.default.createFile(atPath: inside + "/ballast", contents: Data())
        let ballast = try #require(FileHandle(forWritingAtPath: inside + "/ballast"))
        while (try? ballast.write(contentsOf: Data(count: 4096))) != nil {}
        try ballast.close()
        try store.waitForStore("memory_only", trouble: "full", within: .seconds(30))
        let count = load.answered
        #expect(Deadline(.seconds(9)).until { load.answered > count + 20 })
        try FileManager.default.removeItem(atPath: inside + "/ballast")
        try store.waitForStore("durable")
        let (times, troubles) = load.stop()
        #expect(troubles.isEmpty && times.count > 40, "\(troubles.prefix(3))")
        #expect(store.gateway.text.contains("store: full"))
        let served = try store.mock.counter("requests")
        // What came last is in the books a moment later. Through the gateway's own mounts: SQLite would follow the link to a directory outside of them.
        var booked = ""
        let isBooked = try Deadline(.seconds(9)).until {
            let usage = try Program(
                ["nsenter", "-t", "\(store.gateway.processID)", "-m", Program.path, "usage", "--group-by", "none", "--json"]
                    + ["--data", store.folder.path + "/data"], executable: "/usr/bin/env")
            let exit = try usage.waitForExit()
            booked = usage.text
            return exit == .code(0) && booked.contains("\"requests\":\(served),")
        }
        #expect(isBooked, "served \(served): \(booked)")
        store.stop()
    }

    /// A gateway whose data directory can't be written, until `unmount`.
    private static let readOnly = [
        "/usr/bin/env", "unshare", "-m", "sh", "-c",
        "mkdir -p data && mount --bind data data && mount -o remount,bind,ro data && exec \"$0\" \"$@\"",
    ]

    /// Takes the mount away that only the gateway sees.
    private func unmount(_ store: StoreHarness) throws {
        let program = try Program(
            ["nsenter", "-t", "\(store.gateway.processID)", "-m", "umount", store.folder.path + "/data"], executable: "/usr/bin/env")
        try #require(try program.waitForExit() == .code(0), "\(program.text)")
    }

    @Test(.enabled(if: StoreTroubleTests.canMount, "needs the right to mount a file system"), arguments: [false, true])
    func `a data directory that can't be written at the start`(afterKill: Bool) throws {
        let store = try StoreHarness()
        let (key, gone) = (try store.createKey("ann"), try store.createKey("bob"))
        #expect(try store.admin("DELETE", "/admin/keys/\(gone.id)").status == 200)
        // The shell made it beside the gateway, which learns of it a moment later.
        #expect(try Deadline(.seconds(9)).until { try store.status(of: key.plaintext) == 200 })
        // After a kill the database's log lies beside it.
        if afterKill { try store.kill() } else { store.gateway.stop() }
        try store.restart(wrapper: Self.readOnly)
        let load = Load(port: store.port, token: key.plaintext)
        #expect(Deadline(.seconds(9)).until { load.answered > 20 })
        try store.waitForStore("memory_only", trouble: "read_only")
        #expect(try store.status(of: gone.plaintext) == 401)
        let refused = try store.admin("POST", "/admin/keys", #"{"name": "new"}"#)
        #expect(refused.status == 503 && refused.error?.code == "store_unavailable" && refused.text.contains("read_only"))
        #expect(try store.admin("GET", "/metrics").text.contains("best_store_trouble{trouble=\"read_only\"} 1"))
        // Several tries later it has still not been called well.
        let count = load.answered
        let someTries = Deadline(.seconds(2))
        #expect(Deadline(.seconds(9)).until { someTries.hasPassed && load.answered > count + 20 })
        #expect(store.gateway.count(of: "store: read_only: best.db can't be written") == 1, "\(store.gateway.text)")
        #expect(store.gateway.count(of: "store: everything is kept again") == 0, "\(store.gateway.text)")
        try unmount(store)
        try store.waitForStore("durable")
        #expect(try store.admin("POST", "/admin/keys", #"{"name": "new"}"#).status == 201)
        try checkBooks(store, load)
    }

    @Test(.enabled(if: StoreTroubleTests.canMount, "needs the right to mount a file system"))
    func `a data directory that can't be written and has no database yet`() throws {
        let store = try StoreHarness(wrapper: Self.readOnly)
        try store.waitForStore("memory_only", trouble: "read_only")
        // There is no database, so there are no keys: this one is wrong, and not perhaps right.
        #expect(try store.status(of: "none") == 401)
        let load = Load(port: store.port, token: StoreHarness.token)
        #expect(Deadline(.seconds(9)).until { load.answered > 20 })
        try unmount(store)
        try store.waitForStore("durable")
        let made = try store.admin("POST", "/admin/keys", #"{"name": "new"}"#)
        #expect(try store.status(of: try #require(made.object["plaintext_key"] as? String)) == 200)
        try checkBooks(store, load)
    }

    /// Whether a mount namespace can be made and mounted in.
    private static let canMount: Bool = {
        let trial = try? Program(["unshare", "-m", "sh", "-c", "mount -t tmpfs none /mnt"], executable: "/usr/bin/env")
        return (try? trial?.waitForExit()) == .code(0)
    }()
}
