/// The content of an item of a `/v1/responses` answer: a message, a call, a picture.
struct ResponseItem {
    /// How much text is in it (see `StreamEvent.contentSize`).
    private(set) var size = 0
    /// How much text stands for output that is not the model's text (see `StreamEvent.otherSize`).
    private(set) var otherSize = 0
    private(set) var hasPicture = false

    /// Reads the scanner's next value; `nil` if it is not an object.
    init?(_ scanner: inout JSONScanner, in data: RawSpan) throws(JSONError) {
        guard try scanner.enterObjectOrSkip() else { return nil }
        while let name = try scanner.nextMember() {
            if name.equals("result", in: data) {
                // The picture of an `image_generation_call`.
                hasPicture = try scanner.skipTruth()
                if hasPicture { otherSize &+= PictureSize.one }
            } else if name.equals("results", in: data) || name.equals("output", in: data) || name.equals("outputs", in: data) {
                // Results of one of the provider's tools.
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
