internal import EventLoop

/// Lets few answers be made at a time of those that take many turns of the loop, such as explanations: so what all of them hold stays small, and
/// whoever asks for many waits for his own.
final class LongAnswers {
    /// Whose answer it is. Of one lane one is made at a time.
    enum Lane: Hashable {
        case client(ClientTag)
        /// Everybody's who may see all of a page.
        case page(Page)
    }

    /// Answers that are made at a time, each some MB where there are thousands of models.
    static let most = 8

    private var working: Set<Lane> = []
    private var waiting = LaneQueue<Lane, UnsafeContinuation<Void, Never>>()

    /// Returns when the next answer of a lane may be made; `end` is called when it is, or when it is not to be made after all.
    func begin(in lane: Lane) async {
        guard working.contains(lane) || working.count >= LongAnswers.most else {
            working.insert(lane)
            return
        }
        await withUnsafeContinuation { waiting.append($0, to: lane) }
    }

    /// Lets those go on for whom there is room now.
    func end(in lane: Lane) {
        working.remove(lane)
        while working.count < LongAnswers.most, let next = waiting.popFirst(where: { !working.contains($0) }) {
            working.insert(next.lane)
            next.element.resume()
        }
    }
}
