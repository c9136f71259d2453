//! Stacks as data, and the standard error stream, for tools in the layers above.

use crate::frame::{Frame, Program, Symbols};
use crate::trim::trim;
use crate::{collect, name, stderr, walk};

/// One line of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The function's name, as dumps show it; never empty.
    pub function: String,
    /// Its file and line, if there is debug information.
    pub site: Option<(String, u32)>,
    /// How far behind the function's beginning, in bytes; 0 where it is not known.
    pub offset: usize,
}

/// The return addresses on the caller's stack, innermost first.
#[must_use]
pub fn here() -> Vec<usize> {
    walk::here()
}

/// The program's own part of a stack (all of it with `RUST_BACKTRACE=full`).
#[must_use]
pub fn lines(addresses: &[usize]) -> Vec<Line> {
    let mut program = Program::default();
    let mut frames = Vec::new();
    let mut offsets = Vec::new();
    for &address in addresses {
        for frame in program.resolve(address) {
            frames.push(frame);
            offsets.push(offset(address));
        }
    }
    let shown = if collect::all_frames() { &frames[..] } else { trim(&frames) };
    let first = shown.as_ptr().addr().wrapping_sub(frames.as_ptr().addr()) / size_of::<Frame>();
    let offsets = offsets.iter().skip(first);
    shown.iter().zip(offsets).map(|(frame, &offset)| line(frame, offset)).collect()
}

fn line(frame: &Frame, offset: usize) -> Line {
    let site = frame.site.as_ref().map(|site| (site.file.clone(), site.line));
    Line { function: frame.to_string(), site, offset }
}

/// The function that a closure of this type was written in.
#[must_use]
pub fn creator(type_name: &str) -> Option<String> {
    name::creator(type_name)
}

/// Writes to the standard error stream, without its lock.
pub fn write(text: &str) {
    stderr::write(text);
}

#[cfg(unix)]
fn offset(address: usize) -> usize {
    unsafe extern "C" {
        fn _Unwind_FindEnclosingFunction(pc: *mut std::ffi::c_void) -> *mut std::ffi::c_void;
    }
    // SAFETY: part of the unwinder that the standard library links; it only looks
    // the address up.
    let function = unsafe { _Unwind_FindEnclosingFunction(address as *mut _) } as usize;
    if function == 0 { 0 } else { address.wrapping_sub(function) }
}

#[cfg(not(unix))]
fn offset(_: usize) -> usize {
    0
}
