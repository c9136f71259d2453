//! How a file is to be opened.

use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::file::File;

/// How a file is to be opened: `std`'s [`OpenOptions`](std::fs::OpenOptions), whose methods are explained there.
///
/// # Examples
/// ```
/// use gorge::fs::{File, OpenOptions};
/// use std::io::Write;
///
/// let path = std::env::temp_dir().join(format!("gorge-doc-options-{}", std::process::id()));
/// OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?.write_all(b"one ")?;
/// OpenOptions::new().append(true).create(true).custom_flags(0).open(&path)?.write_all(b"two")?;
/// let file = File::options().read(true).truncate(false).open(&path)?;
/// assert_eq!(file.metadata()?.len(), 7);
/// std::fs::remove_file(path)?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Debug)]
pub struct OpenOptions(std::fs::OpenOptions);

impl OpenOptions {
    /// Nothing is allowed yet.
    #[must_use]
    pub fn new() -> OpenOptions {
        OpenOptions(std::fs::OpenOptions::new())
    }

    /// As [`std`'s](std::fs::OpenOptions::read).
    pub fn read(&mut self, read: bool) -> &mut OpenOptions {
        self.0.read(read);
        self
    }

    /// As [`std`'s](std::fs::OpenOptions::write).
    pub fn write(&mut self, write: bool) -> &mut OpenOptions {
        self.0.write(write);
        self
    }

    /// As [`std`'s](std::fs::OpenOptions::append).
    pub fn append(&mut self, append: bool) -> &mut OpenOptions {
        self.0.append(append);
        self
    }

    /// As [`std`'s](std::fs::OpenOptions::truncate).
    pub fn truncate(&mut self, truncate: bool) -> &mut OpenOptions {
        self.0.truncate(truncate);
        self
    }

    /// As [`std`'s](std::fs::OpenOptions::create).
    pub fn create(&mut self, create: bool) -> &mut OpenOptions {
        self.0.create(create);
        self
    }

    /// As [`std`'s](std::fs::OpenOptions::create_new).
    pub fn create_new(&mut self, create_new: bool) -> &mut OpenOptions {
        self.0.create_new(create_new);
        self
    }

    /// As [`std`'s](OpenOptionsExt::mode).
    pub fn mode(&mut self, mode: u32) -> &mut OpenOptions {
        self.0.mode(mode);
        self
    }

    /// As [`std`'s](OpenOptionsExt::custom_flags).
    pub fn custom_flags(&mut self, flags: i32) -> &mut OpenOptions {
        self.0.custom_flags(flags);
        self
    }

    /// Opens the file.
    ///
    /// # Errors
    /// Those of the system.
    pub fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        self.0.open(path).and_then(File::from_std)
    }
}

impl Default for OpenOptions {
    fn default() -> OpenOptions {
        OpenOptions::new()
    }
}

impl File {
    /// How to open it, in other ways.
    #[must_use]
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }
}
