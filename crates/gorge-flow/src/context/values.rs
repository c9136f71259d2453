//! Values that a context carries: a list from the newest to the oldest.
//!
//! Invariant: a list never changes; a context with one value more has a longer list that shares
//! its rest with the shorter one. Dropping a long list does not recurse.

use std::any::{Any, TypeId};
use std::sync::Arc;

/// The key of a value in a context: a type made for the purpose, usually without any content.
///
/// Because a key is a type, nobody who cannot name it can find or hide the value, and what is found
/// has the type the key says.
///
/// # Examples
/// ```
/// use gorge::context::{self, Key};
///
/// struct UserId;
/// impl Key for UserId {
///     type Value = String;
/// }
///
/// let ctx = context::with_value::<UserId>(&context::background(), "jane".to_owned());
/// assert_eq!(ctx.value::<UserId>().map(String::as_str), Some("jane"));
/// ```
///
/// What is not a key does not compile:
/// ```compile_fail
/// use gorge::context;
/// let ctx = context::with_value::<&str>(&context::background(), 1);
/// ```
pub trait Key: 'static {
    /// What is kept under the key.
    type Value: Send + Sync + 'static;
}

pub(super) struct Value {
    key: TypeId,
    value: Box<dyn Any + Send + Sync>,
    rest: Option<Arc<Value>>,
}

impl Value {
    pub(super) fn new<K: Key>(value: K::Value, rest: Option<Arc<Value>>) -> Arc<Value> {
        Arc::new(Value { key: TypeId::of::<K>(), value: Box::new(value), rest })
    }

    /// The newest value under `K` in the list that begins here.
    pub(super) fn find<K: Key>(&self) -> Option<&K::Value> {
        let mut list = Some(self);
        while let Some(value) = list {
            if value.key == TypeId::of::<K>() {
                return value.value.downcast_ref();
            }
            list = value.rest.as_deref();
        }
        None
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        let mut rest = self.rest.take();
        while let Some(value) = rest {
            rest = Arc::into_inner(value).and_then(|mut value| value.rest.take());
        }
    }
}
