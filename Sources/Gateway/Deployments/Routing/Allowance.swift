internal import Wire

/// What a key may ask for, of one table: each deployment that one of its patterns names, and which of the gateway's own names it may use as such.
///
/// A pattern names a deployment by its id, by `provider/id` or by an alias, as far as those names mean it (see `ModelNames`); without a star also
/// by its canonical name, where no other model has that name but by a list. However a request names models, each deployment that may be asked is looked up here.
final class Allowance {
    private let places: PlaceSet
    private let presets: [Bool]
    /// Whether it may use some model that the presets choose among.
    let reachesPresets: Bool
    /// Which of the operator's names are of use, by their places.
    var shownAliases: PlaceSet
    /// Those of which the key may use whatever they stand for.
    var freeAliases: PlaceSet

    init(_ places: PlaceSet, presets: [Bool], reachesPresets: Bool, aliases: Int) {
        (shownAliases, freeAliases) = (PlaceSet(count: aliases), PlaceSet(count: aliases))
        self.places = places
        self.presets = presets
        self.reachesPresets = reachesPresets
    }

    /// Whether the deployment at a place of the table may be asked.
    @inline(__always)
    func allows(_ place: Int) -> Bool { places.contains(place) }

    /// Whether a preset is allowed by its own name, or everything is by `*`, so that it may choose among all models and not only among those that
    /// are allowed by theirs. A pattern that happens to fit the preset's name, as `*code*` does, was meant for models.
    func frees(preset: Int) -> Bool { presets[preset] }

    /// Whether a preset is of use: as such, or for a model that is allowed.
    func shows(preset: Int) -> Bool { presets[preset] || reachesPresets }
}
