/// Whether a request may go on.
public enum LimitDecision: Sendable {
    /// It may; how far the limits are used with it counted in.
    case granted(LimitReservation, LimitStanding)
    /// It may not; nothing was taken.
    case refused(LimitRefusal)
}
