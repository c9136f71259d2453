//! The file of a program, taken apart: its header is the lesson, of which the
//! first sentence is the title; then, after the imports, comes the code, up to the
//! record of the program.

/// The file of a program.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Its path in the project.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// Where a program's code ends and its judgement begins.
const END_OF_CODE: &str = "pub(crate) const PROGRAM";

impl Source {
    /// The first sentence of the header.
    pub fn title(&self) -> String {
        let header = self.header();
        let end = header.find(". ").or_else(|| header.find(".\n")).unwrap_or(header.len());
        header[..end].trim_end_matches('.').replace('\n', " ")
    }

    /// The header, without its title.
    pub fn lesson(&self) -> String {
        let header = self.header();
        let rest = header.get(self.title().len() + 1..).unwrap_or_default();
        rest.trim().replace('\n', " ")
    }

    /// The code, from the first function or type on.
    pub fn code(&self) -> &'static str {
        let end = self.text.find(END_OF_CODE).unwrap_or(self.text.len());
        let code = &self.text[..end];
        let begin =
            code.rfind("\nuse ").and_then(|uses| code[uses..].find(";\n").map(|n| uses + n + 2));
        code[begin.unwrap_or(0)..].trim()
    }

    /// The number of the only line that contains `code`.
    pub(crate) fn line_of(&self, code: &str) -> Option<usize> {
        let mut lines =
            self.text.lines().zip(1..).take_while(|(line, _)| !line.starts_with(END_OF_CODE));
        let found = lines.by_ref().find(|(line, _)| line.contains(code))?.1;
        lines.all(|(line, _)| !line.contains(code)).then_some(found)
    }

    fn header(&self) -> String {
        let lines = self.text.lines().map_while(|line| line.strip_prefix("//!"));
        let lines: Vec<&str> =
            lines.map(str::trim).take_while(|line| !line.starts_with("```")).collect();
        lines.join("\n")
    }
}
