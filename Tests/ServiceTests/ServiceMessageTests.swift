import EventLoop
import Service
import Testing

@Suite struct ServiceMessageTests {
    @Test func `messages are the assignments of sd_notify`() {
        #expect(ServiceMessage.ready(status: "serving 2 models").text == "READY=1\nSTATUS=serving 2 models\n")
        #expect(ServiceMessage.status("so").text == "STATUS=so\n")
        #expect(ServiceMessage.stopping(status: "so").text == "STOPPING=1\nSTATUS=so\n")
        #expect(ServiceMessage.watchdog.text == "WATCHDOG=1\n")
    }

    @Test(arguments: [(0, 0), (999, 0), (1000, 1), (12_345_678_901, 12_345_678)] as [(UInt64, UInt64)])
    func `a reload's time is in whole microseconds`(nanoseconds: UInt64, microseconds: UInt64) {
        let message = ServiceMessage.reloading(at: LoopInstant(nanoseconds: nanoseconds))
        #expect(message.text == "RELOADING=1\nMONOTONIC_USEC=\(microseconds)\n")
    }

    @Test func `a status stays on one short line, whatever it contains`() {
        #expect(ServiceMessage.status("a\nREADY=1\r\u{0}\u{1B}[31m é").text == "STATUS=a READY=1   [31m é\n")
        #expect(ServiceMessage.status(String(repeating: "é", count: 5000)).text.count == "STATUS=".count + 1000 + 1)
    }
}

@Suite struct WatchdogSettingTests {
    private func setting(_ variables: [String: String]) -> WatchdogSetting? { WatchdogSetting(environment: variables, processID: 42) }

    @Test func `the watchdog is fed twice within its limit`() {
        #expect(setting(["WATCHDOG_USEC": "30000000"])?.limit == .seconds(30))
        #expect(setting(["WATCHDOG_USEC": "30000000"])?.interval == .seconds(15))
        #expect(setting(["WATCHDOG_USEC": "1000", "WATCHDOG_PID": "42"])?.interval == .microseconds(500))
    }

    @Test(arguments: [
        [:], ["WATCHDOG_PID": "42"], ["WATCHDOG_USEC": ""], ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": "-5"], ["WATCHDOG_USEC": "5s"],
        ["WATCHDOG_USEC": "99999999999999999999"], ["WATCHDOG_USEC": "1000", "WATCHDOG_PID": "43"], ["WATCHDOG_USEC": "1000", "WATCHDOG_PID": ""],
    ])
    func `without a limit, or with one for another process, there is no watchdog`(variables: [String: String]) {
        #expect(setting(variables) == nil)
    }
}

@Suite struct SocketActivationTests {
    private func activation(_ variables: [String: String]) -> SocketActivation { SocketActivation(environment: variables, processID: 42) }

    @Test func `a socket that was passed is descriptor 3`() {
        #expect(activation(["LISTEN_PID": "42", "LISTEN_FDS": "1"]) == .descriptor(3))
        #expect(activation(["LISTEN_PID": "42", "LISTEN_FDS": "2"]) == .tooMany(2))
    }

    @Test(arguments: [
        [:], ["LISTEN_FDS": "1"], ["LISTEN_PID": "42"], ["LISTEN_PID": "43", "LISTEN_FDS": "1"], ["LISTEN_PID": "42", "LISTEN_FDS": "0"],
        ["LISTEN_PID": "42", "LISTEN_FDS": "x"], ["LISTEN_PID": "", "LISTEN_FDS": "1"], ["LISTEN_PID": "42", "LISTEN_FDS": "-1"],
    ])
    func `without a passed socket, or with one for another process, there is none`(variables: [String: String]) {
        #expect(activation(variables) == .none)
    }
}
