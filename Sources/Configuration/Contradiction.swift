/// Two or more options of a mapping that can't be right together.
struct Contradiction {
    /// The option that the problem is reported at.
    let key: String
    let found: String
    let expected: String
    /// Whether it is one only where the file gives `key`: a default that another option makes pointless harms nobody.
    var isOnlyForGiven = false
}
