//! Names as GNU programs show them: as they are when a shell would take them
//! for one word, else quoted so that it does.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// A name for a message, quoted where a shell needs it, or where a colon would
/// make the message hard to read.
pub(crate) fn in_message(name: &OsStr) -> Vec<u8> {
    let bytes = name.as_bytes();
    let special = |byte: &u8| b"\"$&'()*:;<=>?[\\^`| !".contains(byte);
    let alone = bytes == b"{" || bytes == b"}";
    let first_only = bytes.first().is_some_and(|first| b"#~".contains(first));
    if bytes.is_empty() || alone || first_only || bytes.iter().any(special) || !printable(bytes) {
        quoted(bytes)
    } else {
        bytes.to_vec()
    }
}

/// A name for the table: quoted only when it would break the line.
pub(crate) fn in_table(name: &OsStr) -> Vec<u8> {
    let bytes = name.as_bytes();
    if bytes.contains(&b'\n') { quoted(bytes) } else { bytes.to_vec() }
}

fn printable(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|name| !name.chars().any(char::is_control))
}

/// `'..'`, with what cannot stand in it in between: `'a'$'\n''b'`. A name whose
/// only trouble is an apostrophe goes into double quotes.
fn quoted(bytes: &[u8]) -> Vec<u8> {
    let needs_single = |byte: &u8| b"\"$`\\!".contains(byte);
    if bytes.contains(&b'\'') && printable(bytes) && !bytes.iter().any(needs_single) {
        return [b"\"", bytes, b"\""].concat();
    }
    let mut quotes = Quotes { out: vec![b'\''], escaping: false };
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            quotes.character(character);
        }
        chunk.invalid().iter().for_each(|&byte| quotes.escape(byte));
    }
    quotes.out.push(b'\'');
    quotes.out
}

/// A name within quotes: either plain `'..` or, while `escaping`, `$'..`.
struct Quotes {
    out: Vec<u8>,
    escaping: bool,
}

impl Quotes {
    fn character(&mut self, character: char) {
        let mut buffer = [0; 4];
        let bytes = character.encode_utf8(&mut buffer).as_bytes();
        if character.is_control() {
            bytes.iter().for_each(|&byte| self.escape(byte));
        } else if character == '\'' {
            // Closes either kind of quotes and opens the plain kind.
            self.out.extend_from_slice(b"'\\''");
            self.escaping = false;
        } else {
            if std::mem::take(&mut self.escaping) {
                self.out.extend_from_slice(b"''");
            }
            self.out.extend_from_slice(bytes);
        }
    }

    fn escape(&mut self, byte: u8) {
        if !std::mem::replace(&mut self.escaping, true) {
            self.out.extend_from_slice(b"'$'");
        }
        let letter = match byte {
            b'\n' => 'n',
            b'\t' => 't',
            b'\r' => 'r',
            7 => 'a',
            8 => 'b',
            11 => 'v',
            12 => 'f',
            byte => return self.out.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
        };
        self.out.extend_from_slice(format!("\\{letter}").as_bytes());
    }
}
