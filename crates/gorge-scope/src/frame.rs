//! From return addresses to names, files and lines.
//!
//! Promise: what debug information there is gets used (line tables are
//! enough), each address is looked up once per dump, and functions that the
//! compiler inlined appear as frames of their own.

use std::collections::HashMap;
use std::fmt;

use crate::info::Site;
use crate::name;

/// One frame of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The readable name; empty when there is no symbol. Without its path for
    /// an inlined function of which there are line tables only.
    pub(crate) function: String,
    /// Where it is; `None` without debug information.
    pub(crate) site: Option<Site>,
}

impl fmt::Display for Frame {
    /// The name, with the module in front: known, or guessed from the file,
    /// which is called as its module is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.function.is_empty() {
            return f.write_str("???");
        }
        if !self.function.contains("::")
            && let Some(site) = &self.site
            && let Some(module) = module_of(&site.file)
        {
            write!(f, "{module}::")?;
        }
        f.write_str(&self.function)
    }
}

/// The module that is in a file of Rust, as far as the file's name tells.
fn module_of(file: &str) -> Option<&str> {
    let mut parts = file.strip_suffix(".rs")?.rsplit(['/', '\\']);
    match parts.next()? {
        "mod" => parts.next(),
        "lib" => parts.find(|&folder| folder != "src"),
        module => Some(module),
    }
}

/// A source of frames: the program's own debug information, or a test's table.
pub(crate) trait Symbols {
    /// The frames at a return address, innermost (inlined) first.
    fn resolve(&mut self, address: usize) -> Vec<Frame>;
}

/// The debug information of the running program.
#[derive(Default)]
pub(crate) struct Program {
    seen: HashMap<usize, Vec<Frame>>,
}

impl Symbols for Program {
    fn resolve(&mut self, address: usize) -> Vec<Frame> {
        self.seen.entry(address).or_insert_with(|| look_up(address)).clone()
    }
}

fn look_up(address: usize) -> Vec<Frame> {
    let mut frames = Vec::new();
    backtrace::resolve(address as *mut _, |symbol| {
        // The alternate form leaves the symbol's hash out.
        let function = symbol.name().map_or(String::new(), |n| name::tidy(&format!("{n:#}")));
        let site = symbol
            .filename()
            .zip(symbol.lineno())
            .map(|(file, line)| Site { file: file.display().to_string(), line });
        frames.push(Frame { function, site });
    });
    if frames.is_empty() {
        frames.push(Frame { function: String::new(), site: None });
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn here() -> Vec<usize> {
        let mut stack = Vec::new();
        backtrace::trace(|frame| {
            stack.push(frame.ip() as usize);
            true
        });
        stack
    }

    #[test]
    fn finds_this_function_and_its_line() {
        let stack = here();
        let line = line!() - 1;
        let mut program = Program::default();
        let frames: Vec<_> = stack.iter().flat_map(|&ip| program.resolve(ip)).collect();
        // (Where it is optimised, with line tables only, the modules are not said.)
        let name = "finds_this_function_and_its_line";
        let frame = frames.iter().find(|f| f.function.ends_with(name)).expect("this function");
        let site = frame.site.as_ref().expect("a line");
        assert!(site.file.ends_with("frame.rs"), "{site:?}");
        assert_eq!(site.line, line);
    }

    #[test]
    fn a_name_without_a_path_gets_the_files() {
        let show = |function: &str, file: &str| {
            let site = (!file.is_empty()).then(|| Site { file: file.to_owned(), line: 1 });
            Frame { function: function.to_owned(), site }.to_string()
        };
        assert_eq!(show("app::work", "/home/me/app/src/main.rs"), "app::work");
        assert_eq!(show("work", "/home/me/app/src/main.rs"), "main::work");
        assert_eq!(show("{closure}", "src/net/dial.rs"), "dial::{closure}");
        assert_eq!(show("work", "src/net/mod.rs"), "net::work");
        assert_eq!(show("work", "/home/me/parser/src/lib.rs"), "parser::work");
        assert_eq!(show("clone3", "../sysdeps/x86_64/clone3.S"), "clone3");
        assert_eq!(show("clone3", ""), "clone3");
        assert_eq!(show("", "/home/me/app/src/main.rs"), "???");
    }

    #[test]
    fn an_unknown_address_is_a_frame_without_a_name() {
        let frames = Program::default().resolve(1);
        assert_eq!(frames, [Frame { function: String::new(), site: None }]);
    }
}
