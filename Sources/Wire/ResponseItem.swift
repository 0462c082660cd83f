/// What an item of a `/v1/responses` answer holds: a message, a call, a picture.
struct ResponseItem {
    /// How much text is in it (see `StreamEvent.contentSize`).
    private(set) var size = 0
    /// How much text stands for what is none of the model's (see `StreamEvent.otherSize`).
    private(set) var otherSize = 0
    private(set) var hasPicture = false

    /// Reads the scanner's next value; `nil` where that is no object.
    init?(_ scanner: inout JSONScanner, in data: RawSpan) throws(JSONError) {
        guard try scanner.enterObjectOrSkip() else { return nil }
        while let name = try scanner.nextMember() {
            if name.equals("result", in: data) {
                // The picture of an `image_generation_call`.
                hasPicture = try scanner.skipTruth()
                if hasPicture { otherSize &+= PictureSize.one }
            } else if name.equals("results", in: data) || name.equals("output", in: data) || name.equals("outputs", in: data) {
                // What a tool of the provider's has found.
                otherSize &+= try scanner.passContent() ?? 0
            } else if name.equals("name", in: data) {
                if let text = try scanner.readTextOrSkip(), text.range.count > ContentFrame.longestName { size &+= text.size(in: data) }
            } else if ContentFrame.holds(name, in: data) || name.equals("call_id", in: data) {
                try scanner.skipValue()
            } else {
                size &+= try scanner.passContent() ?? 0
            }
        }
    }
}
