//! An open file.

use std::fs::{FileTimes, Metadata, Permissions, TryLockError};
use std::io::{self, IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::{FileExt, FileTypeExt};
use std::path::Path;
use std::time::SystemTime;

use gorge_net::io::Fd;
use gorge_sched::blocking;

use crate::kind::waits;

/// From so many bytes at once on the processor is given away: from the disk, moving them takes a
/// millisecond or more. (From memory it takes less than getting a processor back while others run.)
const MUCH: usize = 1 << 20;

/// An open file: `std`'s [`File`](std::fs::File), whose methods are explained there. See the
/// [module](super) for what parks.
///
/// # Blocking
/// Reading and writing a pipe, a terminal, a socket parks, shown as `[IO wait]`; what is done to a regular file blocks
/// the thread.
///
/// # Examples
/// ```
/// use gorge::fs::File;
/// use std::io::{Read, Write};
///
/// let path = std::env::temp_dir().join(format!("gorge-doc-file-{}", std::process::id()));
/// let mut file = File::create(&path)?;
/// assert!(File::create_new(&path).is_err()); // it is there
/// file.lock()?; // waits for other processes
/// file.write_all(b"good day")?;
/// file.set_len(4)?;
/// file.sync_all()?; // to the disk, with its length and times
/// file.unlock()?;
///
/// let same = File::open(&path)?;
/// same.lock_shared()?;
/// assert_eq!(same.metadata()?.len(), 4);
/// let mut text = String::new();
/// File::from_std(same.into_std()?)?.read_to_string(&mut text)?;
/// assert_eq!(text, "good");
/// std::fs::remove_file(path)?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct File(Kind);

#[derive(Debug)]
enum Kind {
    /// Always ready, for the system.
    Plain(std::fs::File),
    /// Can be waited for.
    Waits(Fd<std::fs::File>),
}

impl File {
    /// Opens for reading.
    ///
    /// # Blocking
    /// A named pipe blocks the thread until somebody opens its other end.
    ///
    /// # Errors
    /// Those of the system.
    pub fn open(path: impl AsRef<Path>) -> io::Result<File> {
        std::fs::File::open(path).and_then(File::from_std)
    }

    /// Opens for writing, empty; made if it is not there.
    ///
    /// # Errors
    /// Those of the system.
    pub fn create(path: impl AsRef<Path>) -> io::Result<File> {
        std::fs::File::create(path).and_then(File::from_std)
    }

    /// Makes a file that was not there, for reading and writing.
    ///
    /// # Errors
    /// Those of the system.
    pub fn create_new(path: impl AsRef<Path>) -> io::Result<File> {
        std::fs::File::create_new(path).and_then(File::from_std)
    }

    /// The same file, opened by `std`. What can be waited for is put into non-blocking mode.
    ///
    /// # Errors
    /// Those of the system.
    pub fn from_std(file: std::fs::File) -> io::Result<File> {
        let kind = file.metadata()?.file_type();
        let waits = !kind.is_file() && !kind.is_dir() && !kind.is_block_device() && waits(&file);
        Ok(File(if waits { Kind::Waits(Fd::new(file)?) } else { Kind::Plain(file) }))
    }

    /// The file for `std`, which blocks.
    ///
    /// # Errors
    /// Those of the system.
    pub fn into_std(self) -> io::Result<std::fs::File> {
        match self.0 {
            Kind::Plain(file) => Ok(file),
            Kind::Waits(fd) => {
                let file = fd.into_inner();
                rustix::io::ioctl_fionbio(&file, false)?;
                Ok(file)
            }
        }
    }

    fn std(&self) -> &std::fs::File {
        match &self.0 {
            Kind::Plain(file) => file,
            Kind::Waits(fd) => fd.get_ref(),
        }
    }

    /// As [`std`'s](std::fs::File::sync_all); the processor is given away.
    ///
    /// # Errors
    /// Those of the system.
    pub fn sync_all(&self) -> io::Result<()> {
        blocking(|| self.std().sync_all())
    }

    /// As [`std`'s](std::fs::File::sync_data); the processor is given away.
    ///
    /// # Errors
    /// Those of the system.
    ///
    /// # Examples
    /// ```
    /// use gorge::fs::{self, File};
    /// use std::fs::FileTimes;
    /// use std::time::SystemTime;
    ///
    /// let path = std::env::temp_dir().join(format!("gorge-doc-times-{}", std::process::id()));
    /// let file = File::create(&path)?;
    /// file.try_lock().expect("nobody else has it");
    /// file.unlock()?;
    /// file.try_lock_shared().expect("nobody has it alone");
    /// file.set_modified(SystemTime::now())?;
    /// file.set_times(FileTimes::new().set_modified(SystemTime::UNIX_EPOCH))?;
    /// file.set_permissions(file.metadata()?.permissions())?;
    /// file.sync_data()?; // to the disk, what it holds
    /// assert_eq!(file.try_clone()?.metadata()?.modified()?, SystemTime::UNIX_EPOCH);
    /// std::fs::remove_file(path)?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn sync_data(&self) -> io::Result<()> {
        blocking(|| self.std().sync_data())
    }

    /// As [`std`'s](std::fs::File::lock); the processor is given away.
    ///
    /// # Blocking
    /// Until no other process or file has it locked: in the system, with the processor given away.
    ///
    /// # Errors
    /// Those of the system.
    pub fn lock(&self) -> io::Result<()> {
        blocking(|| self.std().lock())
    }

    /// As [`std`'s](std::fs::File::lock_shared); the processor is given away.
    ///
    /// # Errors
    /// Those of the system.
    pub fn lock_shared(&self) -> io::Result<()> {
        blocking(|| self.std().lock_shared())
    }

    /// As [`std`'s](std::fs::File::try_lock).
    ///
    /// # Errors
    /// As there.
    pub fn try_lock(&self) -> Result<(), TryLockError> {
        self.std().try_lock()
    }

    /// As [`std`'s](std::fs::File::try_lock_shared).
    ///
    /// # Errors
    /// As there.
    pub fn try_lock_shared(&self) -> Result<(), TryLockError> {
        self.std().try_lock_shared()
    }

    /// As [`std`'s](std::fs::File::unlock).
    ///
    /// # Errors
    /// Those of the system.
    pub fn unlock(&self) -> io::Result<()> {
        self.std().unlock()
    }

    /// As [`std`'s](std::fs::File::set_len).
    ///
    /// # Errors
    /// Those of the system.
    pub fn set_len(&self, size: u64) -> io::Result<()> {
        self.std().set_len(size)
    }

    /// As [`std`'s](std::fs::File::metadata).
    ///
    /// # Errors
    /// Those of the system.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.std().metadata()
    }

    /// As [`std`'s](std::fs::File::set_permissions).
    ///
    /// # Errors
    /// Those of the system.
    pub fn set_permissions(&self, permissions: Permissions) -> io::Result<()> {
        self.std().set_permissions(permissions)
    }

    /// As [`std`'s](std::fs::File::set_times).
    ///
    /// # Errors
    /// Those of the system.
    pub fn set_times(&self, times: FileTimes) -> io::Result<()> {
        self.std().set_times(times)
    }

    /// As [`std`'s](std::fs::File::set_modified).
    ///
    /// # Errors
    /// Those of the system.
    pub fn set_modified(&self, time: SystemTime) -> io::Result<()> {
        self.std().set_modified(time)
    }

    /// As [`std`'s](std::fs::File::try_clone): another handle of the same open file.
    ///
    /// # Errors
    /// Those of the system.
    pub fn try_clone(&self) -> io::Result<File> {
        self.std().try_clone().and_then(File::from_std)
    }
}

/// Moves `bytes` bytes.
fn moving<R>(bytes: usize, move_them: impl FnOnce() -> R) -> R {
    if bytes < MUCH { move_them() } else { blocking(move_them) }
}

impl Read for &File {
    #[track_caller]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &self.0 {
            Kind::Plain(file) => moving(buf.len(), || (&*file).read(buf)),
            Kind::Waits(fd) => (&*fd).read(buf),
        }
    }

    #[track_caller]
    fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        match &self.0 {
            Kind::Plain(file) => (&*file).read_vectored(bufs),
            Kind::Waits(fd) => (&*fd).read_vectored(bufs),
        }
    }

    #[track_caller]
    fn read_to_end(&mut self, buf: &mut Vec<u8>) -> io::Result<usize> {
        match &self.0 {
            // It knows the size of the file.
            Kind::Plain(file) => {
                let rest = file.metadata().map_or(0, |metadata| metadata.len());
                moving(rest as usize, || (&*file).read_to_end(buf))
            }
            Kind::Waits(fd) => (&*fd).read_to_end(buf),
        }
    }

    #[track_caller]
    fn read_to_string(&mut self, buf: &mut String) -> io::Result<usize> {
        match &self.0 {
            // As above.
            Kind::Plain(file) => {
                let rest = file.metadata().map_or(0, |metadata| metadata.len());
                moving(rest as usize, || (&*file).read_to_string(buf))
            }
            Kind::Waits(fd) => (&*fd).read_to_string(buf),
        }
    }
}

impl Write for &File {
    #[track_caller]
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match &self.0 {
            Kind::Plain(file) => moving(buf.len(), || (&*file).write(buf)),
            Kind::Waits(fd) => (&*fd).write(buf),
        }
    }

    #[track_caller]
    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        match &self.0 {
            Kind::Plain(file) => (&*file).write_vectored(bufs),
            Kind::Waits(fd) => (&*fd).write_vectored(bufs),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(()) // nothing is kept back
    }
}

impl Seek for &File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.std().seek(to)
    }
}

/// At a place, which leaves the file's own where it is.
impl FileExt for File {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        moving(buf.len(), || self.std().read_at(buf, offset))
    }

    fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<usize> {
        moving(buf.len(), || self.std().write_at(buf, offset))
    }
}

impl Read for File {
    #[track_caller]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buf)
    }

    #[track_caller]
    fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        (&*self).read_vectored(bufs)
    }

    #[track_caller]
    fn read_to_end(&mut self, buf: &mut Vec<u8>) -> io::Result<usize> {
        (&*self).read_to_end(buf)
    }

    #[track_caller]
    fn read_to_string(&mut self, buf: &mut String) -> io::Result<usize> {
        (&*self).read_to_string(buf)
    }
}

impl Write for File {
    #[track_caller]
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        (&*self).write(buf)
    }

    #[track_caller]
    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*self).write_vectored(bufs)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        (&*self).seek(to)
    }
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.std().as_fd()
    }
}

impl AsRawFd for File {
    fn as_raw_fd(&self) -> RawFd {
        self.std().as_raw_fd()
    }
}

/// In non-blocking mode, if it can be waited for.
impl From<File> for OwnedFd {
    fn from(file: File) -> OwnedFd {
        match file.0 {
            Kind::Plain(file) => file.into(),
            Kind::Waits(fd) => fd.into_inner().into(),
        }
    }
}
