//! `select!`: from arms as written to calls of `gorge::__private`.

mod expand;
mod parse;

pub(crate) use expand::expand;
pub(crate) use parse::Select;
