//! What to say about a name that nobody has.

/// One line: that there is no such `kind`, which one may be meant, and all there
/// are.
pub(crate) fn unknown<'a>(
    kind: &str,
    word: &str,
    allowed: impl Iterator<Item = &'a str> + Clone,
) -> String {
    let near = allowed
        .clone()
        .map(|name| (strsim::osa_distance(word, name), name))
        .filter(|(distance, name)| *distance <= name.len().max(word.len()) / 3)
        .min_by_key(|(distance, _)| *distance);
    let meant = near.map(|(_, name)| format!(" (did you mean '{name}'?)")).unwrap_or_default();
    let all: Vec<&str> = allowed.collect();
    format!("no {kind} '{word}'{meant}; there are {}", all.join(", "))
}
