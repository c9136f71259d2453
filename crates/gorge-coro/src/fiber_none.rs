//! In the place of `fiber` where it is not compiled in: the same doors, all closed.
#![allow(clippy::missing_safety_doc)]

use std::ffi::c_void;
use std::ops::Range;

use crate::context::Context;
use crate::limit::StackError;

pub(crate) const COMPILED: bool = false;

/// No fiber can exist here: [`prepare`] refuses.
const NONE: &str = "fibers are not compiled in";

pub(crate) fn prepare(_: usize) -> Result<(), String> {
    Err("fibers are not built for this platform".into())
}

#[derive(Debug, Default)]
pub(crate) struct Cache;

impl Cache {
    pub(crate) const fn new() -> Cache {
        Cache
    }
    pub(crate) fn get(&mut self) -> Result<usize, StackError> {
        unreachable!("{NONE}")
    }
    pub(crate) fn get_sized(&mut self, _: usize) -> Result<usize, StackError> {
        unreachable!("{NONE}")
    }
    pub(crate) unsafe fn put(&mut self, _: usize) {
        unreachable!("{NONE}")
    }
    pub(crate) fn trim(&mut self) {}
}

pub(crate) type Body = unsafe extern "C" fn(*mut Context) -> !;

pub(crate) unsafe extern "C" fn body<R: crate::context::Runtime>(_: *mut Context) -> ! {
    unreachable!("{NONE}")
}

pub(crate) fn has_carrier() -> bool {
    false
}

pub(crate) type Call = unsafe extern "C" fn(*const (), *const ()) -> *mut ();

pub(crate) unsafe fn call_on_carrier(_: Call, _: *const (), _: *const ()) -> *mut () {
    unreachable!("{NONE}")
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadEnd;

impl ThreadEnd {
    pub(crate) unsafe fn run(self) {}
}

pub(crate) fn thread_end() -> Option<ThreadEnd> {
    None
}

pub(crate) fn overflowed(_: usize) -> Option<usize> {
    None
}

pub(crate) fn prefetch(_: usize, _: usize) {}

pub(crate) fn give_back_idle_stacks() {}

pub(crate) fn pool(_: u32, _: impl Iterator<Item = usize>) {}

pub(crate) unsafe fn class_of(_: usize) -> u32 {
    0
}

pub(crate) unsafe fn stack_bounds(_: usize) -> Range<usize> {
    0..0
}

pub(crate) unsafe fn switch(_: *mut Context, _: *mut Context, _: *mut ()) {
    unreachable!("{NONE}")
}

pub(crate) unsafe fn start(_: *mut Context, _: *mut Context, _: usize, _: *mut (), _: Body) {
    unreachable!("{NONE}")
}

pub(crate) unsafe fn on_parked(
    _: *const Context,
    _: usize,
    _: unsafe extern "C" fn(*mut c_void),
    _: *mut c_void,
) {
    unreachable!("{NONE}")
}

pub(crate) unsafe fn adopt() -> usize {
    unreachable!("{NONE}")
}
