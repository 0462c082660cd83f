/// Takes what an operator should know, told once and not for each request. Called on the loop; it must not block.
public protocol Notices: AnyObject {
    /// Takes a notice: a sentence without a secret in it.
    func notice(_ message: String)
}
