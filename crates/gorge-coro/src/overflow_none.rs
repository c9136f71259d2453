//! In the place of `overflow` where there are no signals: the system's own report must do.

pub(crate) fn watch_this_thread() {}
