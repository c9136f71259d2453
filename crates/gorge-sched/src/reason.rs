//! Why somebody waits, in Go's words.

use std::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Why a goroutine waits: what a dump prints in the brackets of
        /// `goroutine 7 [chan receive]:`.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum WaitReason {
            $($(#[$doc])* $name,)*
        }

        const ALL: &[WaitReason] = &[$(WaitReason::$name,)*];

        impl fmt::Display for WaitReason {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(WaitReason::$name => $text,)* })
            }
        }
    };
}

reasons! {
    /// Not waiting (never printed by a dump).
    None = "running",
    /// Receiving from a channel.
    ChanReceive = "chan receive",
    /// Sending to a channel.
    ChanSend = "chan send",
    /// Receiving from a nil channel: for ever.
    ChanReceiveNil = "chan receive (nil chan)",
    /// Sending to a nil channel: for ever.
    ChanSendNil = "chan send (nil chan)",
    /// In a select with at least one arm.
    Select = "select",
    /// In a select without any arm: for ever.
    SelectNoCases = "select (no cases)",
    /// Sleeping.
    Sleep = "sleep",
    /// In `WaitGroup::wait`.
    WaitGroup = "sync.WaitGroup.Wait",
    /// Waiting for the end of another goroutine.
    Join = "join",
    /// Waiting for the goroutines of a scope.
    Scope = "scope",
    /// Waiting for the end of a bubble.
    Bubble = "bubble",
    /// Waiting until all others of a bubble wait.
    BubbleWait = "testing.Wait",
    /// Waiting for the main goroutine.
    Main = "main",
    /// Waiting for a mutex.
    Mutex = "sync.Mutex.Lock",
    /// Waiting to read under a reader-writer lock.
    RwLockRead = "sync.RWMutex.RLock",
    /// Waiting to write under a reader-writer lock.
    RwLockWrite = "sync.RWMutex.Lock",
    /// Waiting for a condition.
    Cond = "sync.Cond.Wait",
    /// Waiting for a semaphore.
    Semacquire = "semacquire",
    /// Waiting until somebody else has done what is to be done once.
    Once = "sync.Once.Do",
    /// Waiting for all others of a barrier.
    Barrier = "barrier",
    /// Waiting for a latch to open.
    Latch = "latch",
    /// Waiting for an event.
    Event = "event",
    /// Waiting for a future.
    Future = "future",
    /// Waiting for the end of a process.
    Process = "process",
    /// Waiting for a descriptor.
    Io = "IO wait",
}

impl WaitReason {
    /// The reason with this number; `None` for "not waiting" and for numbers
    /// that are none.
    pub(crate) fn from_bits(bits: u8) -> Option<WaitReason> {
        ALL.get(usize::from(bits)).copied().filter(|r| *r != WaitReason::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_and_words() {
        for &reason in &ALL[1..] {
            assert_eq!(WaitReason::from_bits(reason as u8), Some(reason));
        }
        assert_eq!(WaitReason::from_bits(0), None);
        assert_eq!(WaitReason::from_bits(255), None);
        assert_eq!(WaitReason::ChanReceiveNil.to_string(), "chan receive (nil chan)");
    }
}
