//! Files, with the names of `std::fs`.
//!
//! What can be waited for (named pipes, terminals, sockets) parks. A regular file cannot: reading it
//! blocks the thread while the disk works. That is short, and mostly it is not even that, because the
//! system has the data in memory; so these calls are made as they are, and the monitor gives the processor
//! to others if one takes long. Calls that are known to take long (a megabyte and more at once, waiting for
//! the disk, copying, removing a tree, waiting for a lock) give the processor away before
//! ([`blocking`](gorge_sched::blocking)).
//!
//! Functions that need nothing of this are `std`'s own.
//!
//! # Examples
//! ```
//! use gorge::fs;
//! use std::io::{Read, Seek, Write};
//!
//! gorge::run(|| -> std::io::Result<()> {
//!     let path = std::env::temp_dir().join(format!("gorge-fs-{}", std::process::id()));
//!     let mut file = fs::OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
//!     file.write_all(b"hello")?;
//!     file.rewind()?;
//!     let mut text = String::new();
//!     file.read_to_string(&mut text)?;
//!     assert_eq!(text, fs::read_to_string(&path)?);
//!     fs::remove_file(&path)
//! })
//! .unwrap();
//! ```

mod file;
mod options;
mod whole;

pub use std::fs::{
    DirBuilder, DirEntry, FileTimes, FileType, Metadata, Permissions, ReadDir, TryLockError,
    canonicalize, create_dir, create_dir_all, exists, hard_link, metadata, read_dir, read_link,
    remove_dir, remove_file, rename, set_permissions, symlink_metadata,
};

pub use file::File;
pub use options::OpenOptions;
pub use whole::{copy, read, read_to_string, remove_dir_all, write};
