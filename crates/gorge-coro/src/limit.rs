//! What a stack request can run into, and what to raise.

use std::fmt;

/// Nobody gets a larger stack than this.
pub(crate) const LARGEST_STACK: usize = if usize::BITS < 64 { 1 << 30 } else { 1 << 40 };
const LARGEST_IN_WORDS: &str = if usize::BITS < 64 { "a gigabyte" } else { "a terabyte" };

/// What a process has run out of when it cannot have another stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// `ulimit -v`, or the machine's.
    AddressSpace,
    /// Memory, or what the kernel is willing to promise of it.
    Memory,
    /// `vm.max_map_count`.
    Mappings,
    /// Threads: `ulimit -u`, the cgroup's `pids.max`, `kernel.threads-max`.
    Threads,
    /// The size asked for is not a possible one.
    Size,
}

/// No stack can be had; nothing has changed for those who have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackError {
    limit: Limit,
    bytes: usize,
    detail: String,
}

impl StackError {
    pub(crate) fn new(limit: Limit, bytes: usize, detail: String) -> StackError {
        StackError { limit, bytes, detail }
    }

    /// The error of a stack of so many bytes, if there can never be one: to be asked for before anybody waits for it.
    pub fn of_impossible(bytes: usize) -> Option<StackError> {
        (bytes > LARGEST_STACK).then(|| StackError::too_large(bytes))
    }

    pub(crate) fn too_large(bytes: usize) -> StackError {
        StackError::new(Limit::Size, bytes, format!("larger than {LARGEST_IN_WORDS}"))
    }

    /// What has run out.
    pub fn limit(&self) -> Limit {
        self.limit
    }
}

impl fmt::Display for StackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StackError { bytes, detail, .. } = self;
        match self.limit {
            Limit::AddressSpace => write!(
                f,
                "no address space left for a stack of {bytes} bytes (raise `ulimit -v`, or lower GORGE_STACK): {detail}"
            ),
            Limit::Memory => write!(
                f,
                "no memory left for a stack of {bytes} bytes (the kernel's or the cgroup's limit): {detail}"
            ),
            Limit::Mappings => write!(
                f,
                "no mapping left for a stack of {bytes} bytes (raise vm.max_map_count): {detail}"
            ),
            Limit::Threads => write!(
                f,
                "no thread left for a goroutine (raise `ulimit -u`, the cgroup's pids.max, kernel.threads-max or vm.max_map_count): {detail}"
            ),
            Limit::Size => write!(f, "impossible stack size of {bytes} bytes: {detail}"),
        }
    }
}

impl std::error::Error for StackError {}
