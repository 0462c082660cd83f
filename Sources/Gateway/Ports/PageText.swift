public import Wire

/// A page that is being written, in pieces between which the loop does other things.
public protocol PageText: AnyObject {
    /// Writes a piece, of about a millisecond.
    ///
    /// - Returns: Whether the page is whole.
    func advance(into buffer: inout ByteBuffer) -> Bool
}
