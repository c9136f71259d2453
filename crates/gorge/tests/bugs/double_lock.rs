//! A function that locks calls another one that locks the same (Go: kubernetes 5316, cockroach 9935).

use std::sync::Arc;

use gorge::go;
use gorge::sync::Mutex;

struct Account {
    balance: Mutex<i64>,
}

impl Account {
    fn balance(&self) -> i64 {
        *self.balance.lock()
    }

    fn withdraw(&self, amount: i64, mended: bool) -> bool {
        let mut balance = self.balance.lock();
        let enough = if mended { *balance >= amount } else { self.balance() >= amount };
        if enough {
            *balance -= amount;
        }
        enough
    }
}

pub(crate) fn run(mended: bool) {
    let account = Arc::new(Account { balance: Mutex::new(10) });
    let theirs = account.clone();
    let other = go(move || theirs.balance());
    assert!(account.withdraw(3, mended));
    assert!(matches!(other.join().unwrap(), 7 | 10));
}
