//! What the environment asks of the detectors: the one place that reads it.
//!
//! A word that means nothing ends the program with an error that says what is allowed: a
//! detector that somebody believes to be on, and is not, finds nothing.

use crate::race::Options;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Switches {
    /// `GORGE_RACE`.
    pub(crate) race: Option<Options>,
    /// It says that nobody is to look for races, in tests neither.
    pub(crate) no_race: bool,
    /// `GORGE_DEADLOCK`; `None`: nothing was said.
    pub(crate) deadlock: Option<Deadlock>,
    /// `GORGE_LOCK_ORDER`.
    pub(crate) lock_order: bool,
    /// `GORGE_LEAKS`.
    pub(crate) leaks: bool,
}

/// What is done about a deadlock of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deadlock {
    /// Nobody looks.
    Off,
    /// It is told.
    Tell,
    /// It is told, and the program ends.
    Exit,
}

impl Switches {
    /// What the environment says now.
    pub(crate) fn wanted() -> Switches {
        Switches::read(|name| {
            std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        })
        .unwrap_or_else(|text| {
            eprintln!("gorge: {text}");
            std::process::exit(gorge_sched::report::EXIT_STATUS)
        })
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Switches, String> {
        let one = |name: &str, words: &[&str]| -> Result<Option<usize>, String> {
            let value = variable(name).unwrap_or_default();
            let word = match value.trim() {
                "" => return Ok(None),
                "off" => "0",
                "on" => "1",
                word => word,
            };
            let index = words.iter().position(|allowed| *allowed == word);
            let (last, others) = words.split_last().expect("there is one");
            let error = || format!("{name}={value}: must be {} or {last}", others.join(", "));
            index.map(Some).ok_or_else(error)
        };
        let race = variable("GORGE_RACE").unwrap_or_default();
        let deadlock = one("GORGE_DEADLOCK", &["0", "1", "exit"])?;
        Ok(Switches {
            no_race: matches!(race.trim(), "0" | "off"),
            race: Options::parse(&race)?,
            deadlock: deadlock.map(|n| [Deadlock::Off, Deadlock::Tell, Deadlock::Exit][n]),
            lock_order: one("GORGE_LOCK_ORDER", &["0", "1"])? == Some(1),
            leaks: one("GORGE_LEAKS", &["0", "1"])? == Some(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<Switches, String> {
        Switches::read(|asked| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn words_that_mean_something() {
        let nothing = Switches::read(|_| None).unwrap();
        assert!(nothing.deadlock.is_none() && nothing.race.is_none() && !nothing.leaks);
        for (word, means) in [
            ("0", Deadlock::Off),
            (" off", Deadlock::Off),
            ("1", Deadlock::Tell),
            ("on", Deadlock::Tell),
            ("exit", Deadlock::Exit),
        ] {
            assert_eq!(read("GORGE_DEADLOCK", word).unwrap().deadlock, Some(means), "{word}");
        }
        for name in ["GORGE_DEADLOCK", "GORGE_LEAKS", "GORGE_LOCK_ORDER", "GORGE_RACE"] {
            assert_eq!(read(name, "").unwrap(), nothing, "empty is as good as not there");
        }
        assert!(
            read("GORGE_LEAKS", "1").unwrap().leaks && !read("GORGE_LEAKS", "0").unwrap().leaks
        );
        assert!(read("GORGE_LOCK_ORDER", "on").unwrap().lock_order);
        let race = read("GORGE_RACE", "1").unwrap();
        assert!(race.race.is_some() && !race.no_race);
        let off = read("GORGE_RACE", "0").unwrap();
        assert!(off.race.is_none() && off.no_race && !nothing.no_race);
    }

    #[test]
    fn words_that_mean_nothing() {
        let said = |name, value| read(name, value).unwrap_err();
        assert_eq!(said("GORGE_DEADLOCK", "yes"), "GORGE_DEADLOCK=yes: must be 0, 1 or exit");
        assert_eq!(said("GORGE_LEAKS", "exit"), "GORGE_LEAKS=exit: must be 0 or 1");
        assert_eq!(said("GORGE_LOCK_ORDER", "2"), "GORGE_LOCK_ORDER=2: must be 0 or 1");
        assert!(said("GORGE_RACE", "yes").starts_with("GORGE_RACE: yes: must be 0, 1, or"));
    }
}
