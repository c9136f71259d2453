//! After <https://github.com/golang/go/blob/master/test/chan/zerosize.go>
//!
//! A channel of values without a size can be made and dropped; the compiler's
//! mistake that the original is about cannot be made here.

use gorge::channel;

#[gorge::test]
fn of_values_without_a_size() {
    for cap in [0, 1, 1000, 1 << 30] {
        drop(channel::<[u8; 0]>(cap));
        let (tx, rx) = channel::<[u64; 0]>(cap);
        if cap > 0 {
            tx.send([]).unwrap();
            assert_eq!(rx.recv(), Ok([]));
        }
    }
}
