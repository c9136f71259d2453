//! In the place of `fiber` where it is not compiled in: the same doors, all closed.
//! `prepare` refuses, so nobody ever stands before another one.
#![allow(clippy::missing_safety_doc)]

const NONE: &str = "fibers are not compiled in";

pub(crate) mod prepare {
    pub(crate) fn prepare(_: usize) -> Result<(), String> {
        Err("fibers are not built for this platform".into())
    }
}

pub(crate) mod cache {
    use super::NONE;
    use crate::limit::StackError;

    #[derive(Debug, Default)]
    pub(crate) struct Cache;

    impl Cache {
        pub(crate) const fn new() -> Cache {
            Cache
        }
        pub(crate) fn get(&mut self) -> Result<usize, StackError> {
            unreachable!("{NONE}")
        }
        pub(crate) fn get_cached(&mut self) -> Option<usize> {
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

    pub(crate) unsafe fn slot_bounds(_: usize) -> std::ops::Range<usize> {
        0..0
    }

    pub(crate) unsafe fn stack_bounds(_: usize) -> std::ops::Range<usize> {
        0..0
    }

    pub(crate) unsafe fn discard(_: usize) {}
}

pub(crate) mod slots {
    #[cfg(unix)]
    pub(crate) fn overflowed(_: usize) -> Option<usize> {
        None
    }

    pub(crate) fn give_back_idle_stacks() {}

    pub(crate) fn mappings() -> Vec<std::ops::Range<usize>> {
        Vec::new()
    }
}

pub(crate) mod carrier {
    use super::NONE;

    pub(crate) fn is_other() -> bool {
        false
    }

    pub(crate) type Call = unsafe extern "C" fn(*const (), *const ()) -> *mut ();

    pub(crate) unsafe fn call(_: Call, _: *const (), _: *const ()) -> *mut () {
        unreachable!("{NONE}")
    }
}

pub(crate) mod thread_end {
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct ThreadEnd;

    impl ThreadEnd {
        pub(crate) unsafe fn run(self) {}
    }

    pub(crate) fn thread_end() -> Option<ThreadEnd> {
        None
    }
}

pub(crate) mod entry {
    use super::NONE;
    use crate::record::Context;
    use crate::runtime::Runtime;

    pub(crate) unsafe extern "C" fn body<R: Runtime>(_: *mut Context) -> ! {
        unreachable!("{NONE}")
    }
}

pub(crate) mod switch {
    use std::ffi::c_void;

    use super::NONE;
    use crate::record::Context;

    pub(crate) type Body = unsafe extern "C" fn(*mut Context) -> !;

    pub(crate) fn prefetch(_: usize, _: usize) {}

    pub(crate) const fn is_fast() -> bool {
        false
    }

    pub(crate) unsafe fn switch_slow(_: *mut Context, _: *mut Context, _: *mut ()) {
        unreachable!("{NONE}")
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

    pub(crate) fn part() {
        unreachable!("{NONE}")
    }
}
