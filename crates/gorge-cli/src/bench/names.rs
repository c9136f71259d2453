//! What to say about a name that nobody has.

/// One line: that `word` is no `kind`, which one may be meant, and all there are.
pub fn unknown<'a>(
    kind: &str,
    word: &str,
    allowed: impl Iterator<Item = &'a str> + Clone,
) -> String {
    let near = allowed
        .clone()
        .map(|name| (distance(word, name), name))
        .filter(|(distance, name)| *distance <= name.len().max(word.len()) / 3)
        .min_by_key(|(distance, _)| *distance);
    let meant = near.map(|(_, name)| format!(", did you mean `{name}`?")).unwrap_or_default();
    let all: Vec<&str> = allowed.collect();
    format!("unknown {kind} `{word}`{meant} (there are: {})", all.join(", "))
}

/// The fewest letters to insert, remove, replace, or swap with their neighbour
/// that make `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut line = vec![i + 1];
        for j in 0..b.len() {
            let replace = above[j] + usize::from(a[i] != b[j]);
            let mut least = replace.min(above[j + 1] + 1).min(line[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                least = least.min(before[j - 1] + 1);
            }
            line.push(least);
        }
        before = std::mem::replace(&mut above, line);
    }
    above[b.len()]
}
