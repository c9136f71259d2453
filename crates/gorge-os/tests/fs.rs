//! Files: as in `std`, and named pipes that park.

use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use gorge::process::Command;
use gorge::{channel, fs, go};

/// A directory of its own for each test, gone at its end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let path = std::env::temp_dir().join(format!("gorge-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Place(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[gorge::test]
fn as_in_std() {
    let place = Place::new("std");
    let path = place.path("a");
    assert_eq!(fs::File::open(&path).unwrap_err().kind(), ErrorKind::NotFound);
    fs::write(&path, "hello").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"hello");
    assert_eq!(fs::read_to_string(&path).unwrap(), "hello");
    assert_eq!(fs::File::create_new(&path).unwrap_err().kind(), ErrorKind::AlreadyExists);

    let mut file = fs::File::options().read(true).append(true).open(&path).unwrap();
    file.write_all(b", world").unwrap();
    file.sync_all().unwrap();
    file.seek(SeekFrom::Start(7)).unwrap();
    let mut rest = String::new();
    file.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "world");
    file.lock().unwrap();
    assert!(fs::File::open(&path).unwrap().try_lock().is_err(), "it is locked");
    file.unlock().unwrap();
    let other = file.try_clone().unwrap();
    other.set_len(5).unwrap();
    assert_eq!(file.metadata().unwrap().len(), 5);
    assert_eq!(fs::copy(&path, place.path("b")).unwrap(), 5);
    let std = file.into_std().unwrap();
    assert_eq!(fs::File::from_std(std).unwrap().metadata().unwrap().len(), 5);

    let mut names: Vec<_> =
        fs::read_dir(&place.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a", "b"]);
    fs::write(place.path("c"), [0xff]).unwrap();
    assert_eq!(fs::read_to_string(place.path("c")).unwrap_err().kind(), ErrorKind::InvalidData);
}

#[gorge::test]
fn more_than_a_megabyte() {
    let place = Place::new("much");
    let much: Vec<u8> = (0..3_000_000u32).map(|n| n as u8).collect();
    let before = gorge::runtime::stats().blocking;
    fs::write(place.path("much"), &much).unwrap();
    assert_eq!(fs::read(place.path("much")).unwrap(), much);
    assert!(gorge::runtime::stats().blocking >= before + 2, "the processor was given away");
}

#[gorge::test]
fn many_at_once() {
    let place = Place::new("many");
    gorge::scope(|s| {
        for n in 0..50 {
            let path = place.path(&n.to_string());
            s.go(move || {
                fs::write(&path, n.to_string().repeat(1000)).unwrap();
                assert_eq!(fs::read_to_string(&path).unwrap(), n.to_string().repeat(1000));
            });
        }
    });
}

#[gorge::test]
fn a_named_pipe_parks() {
    let place = Place::new("pipe");
    let path = place.path("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    // Opened for both, so that neither waits for the other.
    let both = fs::File::options().read(true).write(true).open(&path).unwrap();
    gorge::runtime::gomaxprocs(1);
    let reading = go(move || {
        let mut word = [0; 5];
        (&both).read_exact(&mut word).unwrap();
        word
    });
    // One processor: this runs because the other has parked.
    let (tx, rx) = channel(0);
    go(move || (0..100).for_each(|n| tx.send(n).unwrap())).detach();
    assert_eq!(rx.iter().count(), 100);
    let mut writer = fs::File::options().write(true).open(&path).unwrap();
    writer.write_all(b"hello").unwrap();
    assert_eq!(&reading.join().unwrap(), b"hello");
}

#[gorge::test]
fn devices() {
    let mut zeros = fs::File::open("/dev/zero").unwrap();
    let mut some = [1; 16];
    zeros.read_exact(&mut some).unwrap();
    assert_eq!(some, [0; 16]);
    fs::write("/dev/null", "nothing").unwrap();
    assert!(fs::read("/dev/null").unwrap().is_empty());
}
