//! What `GORGE_RACE` asks for.

use std::fs;

/// How races are reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// The program ends with the first one.
    pub(super) halt_on_error: bool,
    /// With what status it ends when there was one.
    pub(super) exit_code: i32,
    /// Left out at the beginning of file names.
    pub(super) strip_path_prefix: String,
    /// Reports go to this file, with the process's number behind the name.
    pub(super) log_path: Option<String>,
    /// A report with a function or file that fits one of these is not made.
    pub(super) suppress: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            halt_on_error: false,
            exit_code: 66,
            strip_path_prefix: String::new(),
            log_path: None,
            suppress: Vec::new(),
        }
    }
}

impl Options {
    /// `None`: the detector is off. An error says what is allowed.
    pub(crate) fn parse(text: &str) -> Result<Option<Options>, String> {
        let mut options = Options::default();
        for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            match (name, value) {
                ("0" | "off", "") => return Ok(None),
                ("1" | "on", "") => {}
                ("halt_on_error", "0") => options.halt_on_error = false,
                ("halt_on_error", "1" | "") => options.halt_on_error = true,
                ("exitcode", value) if value.parse::<u8>().is_ok() => {
                    options.exit_code = value.parse().expect("just parsed");
                }
                ("strip_path_prefix", value) => options.strip_path_prefix = value.to_owned(),
                ("log_path", "stderr") => options.log_path = None,
                ("log_path", value) if !value.is_empty() => {
                    options.log_path = Some(value.to_owned());
                }
                ("suppress", value) if !value.is_empty() => {
                    options.suppress.push(value.to_owned());
                }
                ("suppressions", file) if !file.is_empty() => {
                    let text = fs::read_to_string(file)
                        .map_err(|e| format!("GORGE_RACE: suppressions={file}: {e}"))?;
                    options.suppress.extend(patterns(&text));
                }
                _ => {
                    return Err(format!(
                        "GORGE_RACE: {word}: must be 0, 1, or any of halt_on_error=1, \
                         exitcode=N, strip_path_prefix=PREFIX, log_path=FILE, \
                         suppress=PATTERN, suppressions=FILE"
                    ));
                }
            }
        }
        Ok((!text.trim().is_empty()).then_some(options))
    }
}

/// The patterns in a file: one in a line, maybe with `race:` in front, as
/// ThreadSanitizer has it; `#` begins a comment.
fn patterns(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .map(|line| line.strip_prefix("race:").unwrap_or(line))
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
}

/// Whether `pattern`, in which `*` stands for anything, is in `text`.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let mut rest = text;
    pattern.split('*').all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        assert_eq!(Options::parse(""), Ok(None));
        assert_eq!(Options::parse("0"), Ok(None));
        assert_eq!(Options::parse("1"), Ok(Some(Options::default())));
        let options = Options::parse("halt_on_error=1 exitcode=3,suppress=app::*stats").unwrap();
        let options = options.expect("on");
        assert!(options.halt_on_error && options.exit_code == 3);
        assert_eq!(options.suppress, ["app::*stats"]);
        assert!(Options::parse("exitcode=300").unwrap_err().contains("halt_on_error=1"));
        assert!(Options::parse("suppressions=/nowhere").unwrap_err().contains("/nowhere"));
    }

    #[test]
    fn patterns_fit() {
        assert!(fits("app::stats", "app::stats::count"));
        assert!(fits("app::*count", "app::stats::count"));
        assert!(!fits("app::*total", "app::stats::count"));
        let text = "# known\nrace:app::a\n\n  app::b # too\n";
        assert_eq!(patterns(text).collect::<Vec<_>>(), ["app::a", "app::b"]);
    }
}
