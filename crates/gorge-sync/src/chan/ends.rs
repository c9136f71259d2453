//! What select's arms can be made of: everything that leads to an end of a
//! channel.
//!
//! Promise: `recv(x)` and `send(x, v)` accept the handle itself, references to
//! it, and an `Option` of either, of which `None` is an arm that never happens.

use super::core::Core;
use super::receiver::Receiver;
use super::sender::Sender;
use super::two_way::Chan;

/// Leads to the receiving end of a channel.
///
/// # Examples
/// ```
/// use gorge::{Chan, channel, chan::RecvEnd, select};
///
/// fn next<E: RecvEnd<Value = i32>>(end: &E) -> i32 {
///     select! { recv(end) -> n => n.unwrap_or(0) }
/// }
///
/// let (tx, rx) = channel(2);
/// (1..=2).for_each(|n| tx.send(n).unwrap());
/// let go_like = Chan::new(1);
/// go_like.send(3);
/// assert_eq!((next(&rx), next(&Some(&rx)), next(&go_like)), (1, 2, 3));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be received from",
    label = "not a `Receiver` or `Chan`",
    note = "an arm `recv(..)` takes a `Receiver`, a `Chan`, a reference to one, or an `Option` of one; \
            of a context it is `recv(ctx.done())`, of a flow `recv(flow.rx())`"
)]
pub trait RecvEnd {
    /// What is received.
    type Value;

    /// The channel; `None` for nil.
    #[doc(hidden)]
    #[allow(private_interfaces)] // named by select only
    fn recv_core(&self) -> Option<&Core<Self::Value>>;
}

/// Leads to the sending end of a channel.
///
/// # Examples
/// ```
/// use gorge::{channel, chan::SendEnd, select};
///
/// fn offer<E: SendEnd<Value = i32>>(end: &E, n: i32) -> bool {
///     select! {
///         send(end, n) -> sent => sent.is_ok(),
///         default => false,
///     }
/// }
///
/// let (tx, _rx) = channel(1);
/// assert!(offer(&tx, 1));
/// assert!(!offer(&tx, 2)); // full
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent on",
    label = "not a `Sender` or `Chan`",
    note = "an arm `send(.., value)` takes a `Sender`, a `Chan`, a reference to one, or an `Option` of one"
)]
pub trait SendEnd {
    /// What is sent.
    type Value;

    /// Whether sending on the closed channel panics, as in Go.
    #[doc(hidden)]
    const PANICS: bool;

    /// The channel; `None` for nil.
    #[doc(hidden)]
    #[allow(private_interfaces)] // named by select only
    fn send_core(&self) -> Option<&Core<Self::Value>>;
}

#[allow(private_interfaces)]
impl<T> RecvEnd for Receiver<T> {
    type Value = T;

    #[inline(always)]
    fn recv_core(&self) -> Option<&Core<T>> {
        self.core()
    }
}

#[allow(private_interfaces)]
impl<T> RecvEnd for Chan<T> {
    type Value = T;

    #[inline(always)]
    fn recv_core(&self) -> Option<&Core<T>> {
        self.core()
    }
}

#[allow(private_interfaces)]
impl<T> SendEnd for Sender<T> {
    type Value = T;

    const PANICS: bool = false;

    #[inline(always)]
    fn send_core(&self) -> Option<&Core<T>> {
        self.core()
    }
}

#[allow(private_interfaces)]
impl<T> SendEnd for Chan<T> {
    type Value = T;

    const PANICS: bool = true;

    #[inline(always)]
    fn send_core(&self) -> Option<&Core<T>> {
        self.core()
    }
}

macro_rules! through_pointers {
    ($($pointer:ty),*) => {$(
        #[allow(private_interfaces)]
        impl<E: RecvEnd + ?Sized> RecvEnd for $pointer {
            type Value = E::Value;

            #[inline(always)]
            fn recv_core(&self) -> Option<&Core<E::Value>> {
                (**self).recv_core()
            }
        }

        #[allow(private_interfaces)]
        impl<E: SendEnd + ?Sized> SendEnd for $pointer {
            type Value = E::Value;

            const PANICS: bool = E::PANICS;

            #[inline(always)]
            fn send_core(&self) -> Option<&Core<E::Value>> {
                (**self).send_core()
            }
        }
    )*};
}

through_pointers!(&E, &mut E, Box<E>, std::rc::Rc<E>, std::sync::Arc<E>);

#[allow(private_interfaces)]
impl<E: RecvEnd> RecvEnd for Option<E> {
    type Value = E::Value;

    #[inline(always)]
    fn recv_core(&self) -> Option<&Core<E::Value>> {
        self.as_ref()?.recv_core()
    }
}

#[allow(private_interfaces)]
impl<E: SendEnd> SendEnd for Option<E> {
    type Value = E::Value;

    const PANICS: bool = E::PANICS;

    #[inline(always)]
    fn send_core(&self) -> Option<&Core<E::Value>> {
        self.as_ref()?.send_core()
    }
}
