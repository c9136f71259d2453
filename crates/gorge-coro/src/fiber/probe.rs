//! Looks at fresh threads: what glibc puts into a thread's block before the first
//! line of user code runs, and which words of it malloc and the registration of
//! destructors use.
//!
//! Nothing about glibc's structures is assumed that can be observed; the rest comes
//! from the descriptors glibc publishes for debuggers (`_thread_db_*`).
//!
//! ```text
//!      FS - below          FS - used            FS                     FS + pthread
//!   ---+-------------------+--------------------+----------------------+---
//!      | surplus kept for  | thread-locals of   | struct pthread:      |
//!      | later dlopens: 0  | the loaded modules | tcb, dtv, list, tid, |
//!      |                   |                    | keys, ..., rseq      |
//!   ---+-------------------+--------------------+----------------------+---
//! ```

use std::ffi::{CStr, c_void};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::word::thread_pointer;

/// Published by glibc: name -> field offset inside `struct pthread`, or a size.
pub(super) struct Published {
    /// Bytes below the thread pointer that belong to static thread-local storage.
    pub(super) below: usize,
    /// Alignment of the thread pointer.
    pub(super) align: usize,
    /// Size of `struct pthread`.
    pub(super) pthread: usize,
    pub(super) tid: isize,
    pub(super) list: isize,
    /// Offset of the rseq area from the thread pointer, where there is one.
    pub(super) rseq: Option<isize>,
    pub(super) call_tls_dtors: unsafe extern "C" fn(),
    /// Whether `malloc` is glibc's own.
    pub(super) glibc_malloc: bool,
}

/// Looks a symbol up in the whole program.
pub(super) fn symbol(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: a lookup by name has no preconditions.
    let p = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!p.is_null()).then_some(p)
}

/// Whether two symbols are defined by the same loaded object.
fn same_object(a: *mut c_void, b: *mut c_void) -> bool {
    let base = |p| {
        // SAFETY: dladdr fills the record in when it returns not 0.
        unsafe {
            let mut info: libc::Dl_info = std::mem::zeroed();
            (libc::dladdr(p, &mut info) != 0).then_some(info.dli_fbase)
        }
    };
    base(a).is_some() && base(a) == base(b)
}

impl Published {
    pub(super) fn read() -> Result<Published, String> {
        let need = |name: &CStr| {
            symbol(name).ok_or_else(|| format!("glibc does not offer {}", name.to_string_lossy()))
        };
        // A field descriptor is { bits, count, offset }.
        let field = |name: &CStr| {
            // SAFETY: so defined by glibc's thread_db interface.
            need(name).map(|d| unsafe { *d.cast::<u32>().add(2) } as isize)
        };
        let (mut size, mut align) = (0usize, 0usize);
        let info = need(c"_dl_get_tls_static_info")?;
        let dtors = need(c"__call_tls_dtors")?;
        // SAFETY: glibc's own signatures of these two functions.
        let call_tls_dtors = unsafe {
            let info: unsafe extern "C" fn(*mut usize, *mut usize) = std::mem::transmute(info);
            info(&mut size, &mut align);
            std::mem::transmute::<*mut c_void, unsafe extern "C" fn()>(dtors)
        };
        // SAFETY: a u32 by glibc's thread_db interface.
        let pthread = unsafe { *need(c"_thread_db_sizeof_pthread")?.cast::<u32>() } as usize;
        // SAFETY: `ptrdiff_t` and `unsigned`, in <sys/rseq.h>.
        let rseq = unsafe {
            match (symbol(c"__rseq_offset"), symbol(c"__rseq_size")) {
                (Some(offset), Some(_)) => Some(*offset.cast::<isize>()),
                _ => None,
            }
        };
        let published = Published {
            below: size.checked_sub(pthread).ok_or("static TLS smaller than struct pthread")?,
            align: align.max(64),
            pthread,
            tid: field(c"_thread_db_pthread_tid")?,
            list: field(c"_thread_db_pthread_list")?,
            rseq,
            call_tls_dtors,
            glibc_malloc: same_object(need(c"malloc")?, need(c"gnu_get_libc_version")?),
        };
        let plausible = published.below.is_multiple_of(8)
            && pthread.is_multiple_of(8)
            && (256..64 << 10).contains(&pthread)
            && published.align.is_power_of_two()
            && (16..pthread as isize).contains(&published.tid)
            && (16..pthread as isize).contains(&published.list);
        plausible
            .then_some(published)
            .ok_or_else(|| "glibc's thread descriptors make no sense".into())
    }

    /// Which words of a snapshot are the rseq area.
    fn kernels_words(&self) -> Range<usize> {
        let first = |area: isize| (self.below as isize + area) as usize / 8;
        self.rseq.map_or(0..0, |area| first(area)..first(area) + RSEQ / 8)
    }
}

/// What one fresh thread looked like.
pub(super) struct Snapshot {
    pub(super) fs: usize,
    /// The words from `fs - below` to `fs + pthread`.
    pub(super) words: Vec<usize>,
    /// The dtv from `dtv[-1]` on, as words.
    pub(super) dtv: Vec<usize>,
    /// The memory given to the thread as its stack.
    pub(super) stack: Range<usize>,
    /// The address of the argument of the thread's start routine.
    pub(super) argument: usize,
    /// The signal mask it was started with.
    pub(super) mask: usize,
    /// Indices into `words` of what a first `malloc` and `free` changed.
    pub(super) malloc: Vec<usize>,
    /// Index of the head of the list of thread-local destructors.
    pub(super) dtor_list: Option<usize>,
    /// The key the probe set.
    pub(super) key: usize,
    /// Index of the word that holds its value.
    pub(super) key_value: Option<usize>,
    /// Index of the word with the flag that a key has been set.
    pub(super) key_used: Option<usize>,
}

impl Snapshot {
    /// As if the values of keys had not been found.
    pub(super) fn without_keys(mut self) -> Snapshot {
        self.key_value = None;
        self
    }
}

/// Shared with the thread that is looked at. No allocation happens there before
/// the first snapshot, so that the words malloc uses are still untouched.
struct Subject<'a> {
    published: &'a Published,
    key: libc::pthread_key_t,
    mask: usize,
    fs: usize,
    words: Vec<usize>,
    dtv: Vec<usize>,
    after_malloc: Vec<usize>,
    after_dtor: Vec<usize>,
    after_dtors_ran: Vec<usize>,
    after_key: Vec<usize>,
    state: AtomicU32,
}

/// How long the area is that the kernel writes, at most.
pub(super) const RSEQ: usize = 32;
const LOOKED: u32 = 1;
const LEAVE: u32 = 2;
const STACK: usize = 128 << 10;
const DTV_WORDS: usize = 2048;
const KEY_VALUE: usize = 0x6f72_6765;

unsafe extern "C" {
    fn __cxa_thread_atexit_impl(
        dtor: unsafe extern "C" fn(*mut c_void),
        object: *mut c_void,
        dso: *mut c_void,
    ) -> libc::c_int;
}

unsafe extern "C" fn nothing(_: *mut c_void) {}

unsafe extern "C" fn subject_main(arg: *mut c_void) -> *mut c_void {
    // SAFETY: the prober lends its `Subject` and looks at it only after LOOKED, of
    // which it learns by an acquire load, and before LEAVE. The block is this thread's own.
    unsafe {
        let s = arg.cast::<Subject<'_>>();
        let fs = thread_pointer();
        let p = (*s).published;
        (*s).fs = fs;
        let low = (fs - p.below) as *const usize;
        let n = (p.below + p.pthread) / 8;
        let snapshot = |to: *mut usize| std::ptr::copy_nonoverlapping(low, to, n);
        snapshot((*s).words.as_mut_ptr());
        let dtv = *((fs + 8) as *const *const usize);
        let slots = *dtv.sub(2);
        let words = ((slots + 2) * 2).min(DTV_WORDS);
        std::ptr::copy_nonoverlapping(dtv.sub(2), (*s).dtv.as_mut_ptr(), words);
        libc::free(std::hint::black_box(libc::malloc(24)));
        snapshot((*s).after_malloc.as_mut_ptr());
        __cxa_thread_atexit_impl(nothing, std::ptr::null_mut(), (&raw const DSO) as *mut c_void);
        snapshot((*s).after_dtor.as_mut_ptr());
        (p.call_tls_dtors)();
        snapshot((*s).after_dtors_ran.as_mut_ptr());
        libc::pthread_setspecific((*s).key, KEY_VALUE as *const c_void);
        snapshot((*s).after_key.as_mut_ptr());
        libc::pthread_setspecific((*s).key, std::ptr::null());
        let state = &(*s).state;
        state.store(LOOKED, Ordering::Release);
        wake(state);
        while state.load(Ordering::Acquire) != LEAVE {
            wait(state, LOOKED);
        }
    }
    std::ptr::null_mut()
}

/// Any address inside this object, to tell glibc who registers a destructor.
static DSO: u8 = 0;

/// What the probes' threads were started with: appears in their `struct pthread`.
pub(super) fn start_routine() -> usize {
    subject_main as *const () as usize
}

fn wait(word: &AtomicU32, while_it_is: u32) {
    // SAFETY: a futex wait on a live word.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            while_it_is,
            0usize,
        );
    }
}

fn wake(word: &AtomicU32) {
    // SAFETY: a futex wake on a live word.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            1,
        );
    }
}

/// A thread that has been looked at and waits for leave to end; its memory stays
/// until then, so that no two subjects share it.
struct Waiting<'a> {
    subject: Box<Subject<'a>>,
    thread: libc::pthread_t,
    stack: *mut c_void,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.subject.state.store(LEAVE, Ordering::Release);
        wake(&self.subject.state);
        // SAFETY: our thread, joined once; then nobody uses its stack.
        unsafe {
            libc::pthread_join(self.thread, std::ptr::null_mut());
            libc::munmap(self.stack, STACK);
        }
    }
}

/// The words that are different, but for those that the kernel writes: when the thread comes to another processor
/// between two snapshots, these change, whatever the thread did.
fn changed(a: &[usize], b: &[usize], kernels: &Range<usize>) -> Vec<usize> {
    (0..a.len()).filter(|i| a[*i] != b[*i] && !kernels.contains(i)).collect()
}

impl<'a> Waiting<'a> {
    fn spawn(
        published: &'a Published,
        key: libc::pthread_key_t,
        mask: usize,
    ) -> Result<Waiting<'a>, String> {
        let n = (published.below + published.pthread) / 8;
        let mut subject = Box::new(Subject {
            published,
            key,
            mask,
            fs: 0,
            words: vec![0; n],
            dtv: vec![0; DTV_WORDS],
            after_malloc: vec![0; n],
            after_dtor: vec![0; n],
            after_dtors_ran: vec![0; n],
            after_key: vec![0; n],
            state: AtomicU32::new(0),
        });
        // SAFETY: plain use of mmap and pthread_create; the subject and the stack stay
        // until the thread has been joined.
        unsafe {
            let stack = libc::mmap(
                std::ptr::null_mut(),
                STACK,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            );
            if stack == libc::MAP_FAILED {
                return Err("no memory for a probe thread".into());
            }
            let mut attr: libc::pthread_attr_t = std::mem::zeroed();
            libc::pthread_attr_init(&mut attr);
            let mut r = libc::pthread_attr_setstack(&mut attr, stack, STACK);
            let mut thread = 0;
            if r == 0 {
                let arg = (&raw mut *subject).cast();
                // The libc crate's prototype asks for a safe function pointer.
                let main: extern "C" fn(*mut c_void) -> *mut c_void =
                    std::mem::transmute(subject_main as *const ());
                r = libc::pthread_create(&mut thread, &attr, main, arg);
            }
            libc::pthread_attr_destroy(&mut attr);
            if r != 0 {
                libc::munmap(stack, STACK);
                return Err(format!("no probe thread: {}", std::io::Error::from_raw_os_error(r)));
            }
            while subject.state.load(Ordering::Acquire) != LOOKED {
                wait(&subject.state, 0);
            }
            Ok(Waiting { subject, thread, stack })
        }
    }

    fn snapshot(&self) -> Result<Snapshot, String> {
        let s = &*self.subject;
        let kernels = s.published.kernels_words();
        let changed = |a: &[usize], b: &[usize]| changed(a, b, &kernels);
        let slots = s.dtv[0];
        if (slots + 2) * 2 > DTV_WORDS {
            return Err(format!("{slots} modules with thread-locals"));
        }
        let key_words = changed(&s.after_dtors_ran, &s.after_key);
        let stack = self.stack as usize;
        Ok(Snapshot {
            fs: s.fs,
            words: s.words.clone(),
            dtv: s.dtv[..(slots + 2) * 2].to_vec(),
            stack: stack..stack + STACK,
            argument: &raw const *s as usize,
            mask: s.mask,
            malloc: changed(&s.words, &s.after_malloc),
            // The head of the list: null, then a node, then null again.
            dtor_list: changed(&s.after_malloc, &s.after_dtor)
                .into_iter()
                .find(|&i| s.after_malloc[i] == 0 && s.after_dtors_ran[i] == 0),
            key: s.key as usize,
            key_value: key_words.iter().copied().find(|&i| s.after_key[i] == KEY_VALUE),
            // The other words of `struct pthread` that change are the value and, before
            // it, its sequence number.
            key_used: key_words.iter().copied().find(|&i| {
                i * 8 >= s.published.below
                    && s.after_key[i] != KEY_VALUE
                    && s.after_key.get(i + 1) != Some(&KEY_VALUE)
            }),
        })
    }
}

/// Looks at two fresh threads that exist at the same time.
pub(super) fn two_fresh_threads(published: &Published) -> Result<[Snapshot; 2], String> {
    let mut key = 0;
    // SAFETY: plain use of the pthread interface. All signals stay blocked in the
    // probe threads, so that no handler disturbs what they look at.
    unsafe {
        if libc::pthread_key_create(&mut key, None) != 0 {
            return Err("no thread-specific key left".into());
        }
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut old: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut old);
        libc::pthread_sigmask(libc::SIG_SETMASK, std::ptr::null(), &mut all);
        let mask = (&raw const all).cast::<usize>().read();
        let a = Waiting::spawn(published, key, mask);
        let b = Waiting::spawn(published, key, mask);
        libc::pthread_sigmask(libc::SIG_SETMASK, &old, std::ptr::null_mut());
        let snapshots = match (&a, &b) {
            (Ok(a), Ok(b)) => a.snapshot().and_then(|a| Ok([a, b.snapshot()?])),
            (Err(e), _) | (_, Err(e)) => Err(e.clone()),
        };
        drop((a, b));
        libc::pthread_key_delete(key);
        snapshots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_writes_meanwhile_is_not_the_threads() {
        let before = [0, 1, 2, 3, 4];
        let after = [9, 1, 9, 9, 4];
        assert_eq!(changed(&before, &after, &(0..0)), [0, 2, 3]);
        assert_eq!(changed(&before, &after, &(2..4)), [0]);
    }

    #[test]
    fn the_area_is_found_where_glibc_says() {
        let published = Published::read().expect("glibc");
        let words = published.kernels_words();
        let Some(area) = published.rseq else { return }; // before glibc 2.35
        assert_eq!((words.start * 8) as isize - published.below as isize, area);
        assert_eq!(words.len() * 8, RSEQ);
    }
}
