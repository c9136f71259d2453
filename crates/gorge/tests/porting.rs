//! docs/porting-from-go.md leaves no call of Go out: each of these names stands in it, as a word in code.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// What the packages export for concurrency; of `net`, what waits and what is set on what waits.
const CALLS: [(&str, &str); 7] = [
    (
        "sync",
        "Add Broadcast Clear CompareAndDelete CompareAndSwap Cond Delete Do Done Get Go Load LoadAndDelete LoadOrStore \
         Lock Locker Map Mutex New NewCond Once OnceFunc OnceValue OnceValues Pool Put RLock RLocker RUnlock RWMutex \
         Range Signal Store Swap TryLock TryRLock Unlock Wait WaitGroup",
    ),
    (
        "context",
        "AfterFunc Background Canceled Cause Deadline DeadlineExceeded Done Err TODO Value WithCancel WithCancelCause \
         WithDeadline WithDeadlineCause WithTimeout WithTimeoutCause WithValue WithoutCancel",
    ),
    ("time", "After AfterFunc NewTicker NewTimer Now Reset Since Sleep Stop Tick Until"),
    (
        "golang.org/x/sync, x/time/rate",
        "Acquire Allow Do DoChan Every Forget Go Inf Limiter NewWeighted Release Reserve Result SetBurst SetLimit \
         Sometimes Tokens TryAcquire TryGo Wait WithContext errgroup semaphore singleflight",
    ),
    ("os/signal", "Ignore Ignored Notify NotifyContext Reset Stop"),
    (
        "net",
        "Accept AcceptTCP Addr Close CloseRead CloseWrite Dial DialContext DialIP DialTCP DialTimeout DialUDP DialUnix \
         Dialer ErrClosed Listen ListenConfig ListenIP ListenMulticastUDP ListenPacket ListenTCP ListenUDP ListenUnix \
         ListenUnixgram LocalAddr LookupAddr LookupCNAME LookupHost LookupIP LookupMX LookupNS LookupPort LookupSRV \
         LookupTXT Pipe Read ReadFrom ReadFromUDP RemoteAddr Resolver SetDeadline SetKeepAlive SetKeepAliveConfig \
         SetLinger SetNoDelay SetReadDeadline SetWriteDeadline Write WriteTo WriteToUDP",
    ),
    (
        "the language, runtime",
        "GOMAXPROCS Goexit Gosched LockOSThread NumCPU NumGoroutine Stack cap chan close go len make panic range \
         recover select",
    ),
];

/// The words of what is code in a document.
fn words(text: &str) -> HashSet<&str> {
    let code = text.split('`').skip(1).step_by(2).filter(|part| !part.is_empty());
    // In fences every other part is code too, since a fence is three of them.
    code.flat_map(|part| part.split(|c: char| !c.is_alphanumeric() && c != '_')).collect()
}

fn left_out<'a>(calls: &'a str, text: &str) -> Vec<&'a str> {
    let words = words(text);
    calls.split_whitespace().filter(|call| !words.contains(call)).collect()
}

#[test]
fn every_call_of_go_is_in_the_document() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/porting-from-go.md");
    let text = fs::read_to_string(path).expect("the document");
    for (package, calls) in CALLS {
        let gone = left_out(calls, &text);
        assert!(gone.is_empty(), "of {package} the document says nothing about {gone:?}");
    }
}

#[test]
fn what_is_left_out_is_noticed() {
    let text = "Lock\n`TryLock`\n```rust\n// x.Unlock()\n```\nand `sync.Map` and RLock";
    assert_eq!(left_out("Lock TryLock Unlock Map RLock", text), ["Lock", "RLock"]);
}
