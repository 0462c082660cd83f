internal import EventLoop
internal import Wire

/// What this program is.
public enum BuildInformation {
    /// The version, in semantic form.
    public static let version = "0.1.0"
}
